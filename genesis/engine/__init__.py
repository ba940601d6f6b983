"""How work is spread over threads without changing one bit of the answer."""
