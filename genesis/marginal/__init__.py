"""Single variants against single genes."""
