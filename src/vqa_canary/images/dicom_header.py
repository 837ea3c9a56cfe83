"""What may be taken from a DICOM header: the elements of one frame, what was asked for, and a hint of identity."""

from __future__ import annotations

from typing import Any

from vqa_canary.errors import BadInput, did_you_mean

_FUNCTIONAL_GROUPS = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
}
_WHERE_BURNED_IN = ("US", "IVUS", "ES", "XC", "GM", "SM", "OP", "OT", "SC", "XA", "RF", "DOC", "HC", "ECG")
"""Modalities whose pictures are often photographs of a screen, with names and dates on them."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ULTRASOUND = tuple(f"1.2.840.10008.5.1.4.1.1.{kind}" for kind in ("3", "3.1", "6", "6.1", "6.2", "6.3"))
"""The classes of ultrasound images, the retired ones among them."""
_ALLOWED_KINDS = ("AS", "CS", "DS", "FD", "FL", "IS", "LO", "SH", "SL", "SS", "UL", "US")
_OF_THE_PATIENT = {"PatientSex", "PatientAge"}
"""The only keywords about the patient that may become attributes of items."""
_OF_THE_VISIT = {"AccessionNumber", "AdmissionID", "StudyID"}
"""Keywords of an examination's numbers, by which its patient can be found, so that none becomes an attribute."""
_LONGEST = 64


def per_frame(header: Any, index: int) -> Any:
    """The header, with the window and the rescaling of one frame where a file gives them for each."""
    found = header
    for groups, at in (("SharedFunctionalGroupsSequence", 0), ("PerFrameFunctionalGroupsSequence", index)):
        sequence = header.get(groups)
        if not sequence or at >= len(sequence):
            continue
        for name, keywords in _FUNCTIONAL_GROUPS.items():
            items = sequence[at].get(name)
            for keyword in keywords if items else ():
                if keyword in items[0]:
                    found[keyword] = items[0][keyword]
    return found


def identity_concern(header: Any) -> str | None:
    """Why the picture may show who the patient is, by what the header says of it; None where there is no such sign."""
    burned_in = str(header.get("BurnedInAnnotation") or "").strip().upper()
    if str(header.get("RecognizableVisualFeatures") or "").strip().upper() == "YES":
        return "RecognizableVisualFeatures is YES"
    if burned_in == "YES":
        return "BurnedInAnnotation is YES"
    if burned_in == "NO":
        return None
    # PS3.3 C.7.6.1: where BurnedInAnnotation is absent, the picture may hold such text or not.
    kind = str(header.get("SOPClassUID") or "")
    captured = kind.startswith(_SECONDARY_CAPTURE) or kind in _ULTRASOUND
    image_type = [str(part).upper() for part in header.get("ImageType") or ()]
    if captured or "SCREEN SAVE" in image_type or header.get("Modality") in _WHERE_BURNED_IN:
        return "BurnedInAnnotation is missing, and pictures of this kind often have text on them"
    return None


def check_keywords(keywords: tuple[str, ...]) -> None:
    """Refuse keywords of `images.attributes` that DICOM does not know, or that would name a patient.

    Raises
    ------
    BadInput : with the keyword
    """
    if not keywords:
        return
    try:
        from pydicom.datadict import dictionary_VR, keyword_dict
    except ImportError as error:
        raise BadInput(
            "parameters: images.attributes: reading DICOM headers needs the package pydicom: "
            'pip install "vqa-canary[dicom]"'
        ) from error
    for keyword in keywords:
        tag = keyword_dict.get(keyword)
        if tag is None:
            hint = did_you_mean(keyword, keyword_dict)
            raise BadInput(f"parameters: images.attributes: DICOM has no keyword {keyword!r}.{hint}")
        of_patient = tag >> 16 == 0x0010 and keyword not in _OF_THE_PATIENT
        if of_patient or keyword in _OF_THE_VISIT or dictionary_VR(tag) not in _ALLOWED_KINDS:
            raise BadInput(
                f"parameters: images.attributes: {keyword!r} may say who the patient is, or is no short text or "
                f"number; attributes are shown on pages. Of the patient there are {', '.join(sorted(_OF_THE_PATIENT))}."
            )


def values_of(header: Any, keywords: tuple[str, ...]) -> dict[str, str]:
    """The values of the keywords that a header has, as short texts."""
    found = {}
    for keyword in keywords:
        value = header.get(keyword)
        parts = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
        text = " ".join(" ".join(str(part) for part in parts if part is not None).split())
        if text:
            found[keyword] = text[:_LONGEST]
    return found
