"""What a downstream learner may use of a result, and its exports."""
