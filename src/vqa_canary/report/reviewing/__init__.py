"""The list for a reviewer, as a file to be filled in and as a page to be read or printed beside it."""
