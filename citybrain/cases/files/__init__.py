"""Photos and papers that belong to cases: checked, cleaned and kept outside of the cases."""
