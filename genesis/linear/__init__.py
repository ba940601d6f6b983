"""Linear algebra of variables: unit rows, basis of covariates, partial correlation, Fisher's z."""
