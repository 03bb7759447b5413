"""ONE FILE = ONE KIND OF SOURCE: a module here that defines `SOURCE`; feeds name it."""
