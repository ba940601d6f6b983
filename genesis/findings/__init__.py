"""What an analysis finds: relations, their reasons, and the tables that hold them."""
