"""What an audit says, as types: `audit.json` is written from them and read back into them.

`Audit` in `document` is the whole record. It is published as a JSON schema in `docs/audit.schema.json`.
"""
