"""Parts of the audit's page: what the audit says, its words, figures and tables. Imports `report` alone."""
