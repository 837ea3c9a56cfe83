"""DICOM files around arrays, made by pydicom."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from tests.images.made import Pixels, ramp

SECRET = "Mustermann^Erika"
CT = ramp(0, 4095, np.uint16)


def header_of(pixels: Pixels, bits: int, **elements: Any) -> Dataset:
    """A DICOM data set around an array: [rows, columns], [frames, rows, columns] or [rows, columns, 3]."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"
    made.PatientName, made.PatientID, made.Modality = SECRET, "P-4711", "CT"
    colour = pixels.shape[-1] == 3
    made.Rows, made.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    made.SamplesPerPixel, made.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        made.PlanarConfiguration = 0
    elif pixels.ndim == 3:
        made.NumberOfFrames = len(pixels)
    made.BitsAllocated, made.BitsStored, made.HighBit = 8 * pixels.dtype.itemsize, bits, bits - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    made.PixelData = pixels.tobytes()
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def written(header: Dataset) -> bytes:
    """The file."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(buffer, header, enforce_file_format=True)
    return buffer.getvalue()
