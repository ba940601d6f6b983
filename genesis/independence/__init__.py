"""Independence tests: partial correlations from one factorisation, Fisher's z in log space."""
