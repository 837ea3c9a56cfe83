"""Kedro pipelines: thin nodes that unpack, call one library function, and return."""

# Why the tables among a node's inputs are `Any`. Before a run, Kedro reads the type hints of every node function with
# `typing.get_type_hints`, to build the parameters as the types that the signature names (see `parameters.py`). That
# looks up each name of the signature when the program runs. `pd.DataFrame` with pandas imported under `TYPE_CHECKING`,
# as elsewhere in this package, cannot be found then; Kedro warns, and hands all of that node's parameters over as plain
# dictionaries, unchecked. And pandas imported in earnest would be loaded by every `kedro` command, which imports all
# nodes even to list the pipelines. So only the hints of parameters are types; what a table holds is said by `SCHEMAS`
# in `tables.py` and by its contract in `contracts/`.
