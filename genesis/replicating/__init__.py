"""`genesis.replicate`: claims of a run, or of another program, held against other samples."""
