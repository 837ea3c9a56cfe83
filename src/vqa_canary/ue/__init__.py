"""Uncertainty estimation (UE): one pure function for each method, from evidence to a number that is higher the less
sure the model is. Imports numpy, scipy and pandas; never a model."""
