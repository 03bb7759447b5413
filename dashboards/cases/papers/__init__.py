"""What leaves the case desk as a file: lists for spreadsheets, and the sheet of one case."""
