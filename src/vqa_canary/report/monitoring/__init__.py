"""The page of a watch: whether a policy in use still keeps to what its audit promised."""
