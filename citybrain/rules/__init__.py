"""Warning rules as they are written: their records and the one reader of their files; pure."""
