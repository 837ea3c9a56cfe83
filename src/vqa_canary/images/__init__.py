"""One way from an image file to the 8-bit pixels that models, pages and hashes see; see docs/images.md.

Its modules need Pillow and numpy, those about DICOM pydicom as well, and no other part of the package.
"""
