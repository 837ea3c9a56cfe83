"""What is asked in the benchmark: a LLaVA of random weights in a folder, and questions about noise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, permutations
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.rows import NOTA, Instance, content_id

if TYPE_CHECKING:
    from transformers import LlavaConfig, PreTrainedTokenizerFast

PATCH = 14
BEGINS, LIKELIER = 8.0, 6.0
"""How strongly the token before an answer is marked, and by how much letters follow that mark: see `save_model`."""
SPECIAL = ("<pad>", "<unk>", "<user>", "<assistant>", "<end>", "<image>")
QUESTION = (
    "A {} year old patient with {} and {} since {} days has had this image taken before {} ; earlier "
    "images of the {} {} are not at hand . Which one of these findings explains the {} best ?"
)
FINDING = "{} {} {} of the {} {} with {} and {}"
WORDS = (
    ("small", "large", "irregular", "smooth", "solitary", "diffuse", "subtle", "coarse"),
    ("calcified", "cystic", "solid", "hyperdense", "hypodense", "enhancing", "lobulated", "infiltrating"),
    ("nodule", "effusion", "opacity", "lesion", "fracture", "mass", "thickening", "haemorrhage"),
    ("left", "right", "upper", "lower", "anterior", "posterior", "medial", "lateral"),
    ("lung", "liver", "kidney", "spleen", "femur", "pancreas", "thyroid", "cerebellum"),
    ("oedema", "erosion", "fever", "cough", "pain", "dyspnoea", "swelling", "weakness"),
    ("atelectasis", "displacement", "necrosis", "nausea", "fatigue", "jaundice", "vertigo", "anaemia"),
    ("biopsy", "surgery", "drainage", "radiotherapy", "discharge", "admission", "dialysis", "anaesthesia"),
)
CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


@dataclass(frozen=True)
class Sizes:
    """Of the model: the default has about 60 million parameters and 24 x 24 image tokens."""

    width: int = 512
    layers: int = 8
    heads: int = 8
    vision_width: int = 256
    vision_layers: int = 4
    patches: int = 24
    """Along a side of the image; their square is the number of image tokens."""
    vocabulary: int = 32_000


@dataclass(frozen=True)
class Shape:
    """Of what is asked."""

    conditions: int = 4
    questions: int = 1
    """About one image."""
    samples: int = 10
    new_tokens: int = 3

    def __str__(self) -> str:
        return f"{self.conditions}x{self.questions}"


@dataclass(frozen=True)
class Work:
    """Instances about one image of noise."""

    instances: list[Instance]
    image: Image.Image

    def open_image(self, instance: Instance) -> Image.Image:
        return self.image

    def first_question(self) -> Work:
        first = self.instances[0].item_id
        return replace(self, instances=[one for one in self.instances if one.item_id == first])


def make_work(shape: Shape, sizes: Sizes, turn: int) -> Work:
    """The same questions at every `turn`, about another image, so that no memory of a turn serves the next."""
    side = sizes.patches * PATCH
    noise = np.random.default_rng(turn).integers(0, 256, (side, side, 3), dtype=np.uint8)
    image = content_id("image", turn)
    instances = [
        Instance(
            instance_id=content_id(turn, item, condition),
            dataset="benchmark",
            item_id=str(item),
            condition=str(condition),
            question=question,
            options=options,
            image_id=image,
            image_path=f"{turn}.png",
            image_sha256=image,
            answer_index=None,
        )
        for item in range(shape.questions)
        for question, conditions in [_item(item)]
        for condition, options in enumerate(islice(conditions, shape.conditions))
    ]
    return Work(instances, Image.fromarray(noise))


def _item(item: int) -> tuple[str, Iterator[tuple[str, ...]]]:
    """A question, and its options in ever other order; every second time one of them is hidden."""
    choose = Random(item).choice
    columns = [7, 5, 6, 7, 3, 4, 5]  # the first blank is an age, the fourth a number of days
    words = [choose(WORDS[at]) for at in columns]
    words[0], words[3:3] = str(20 + item), [str(2 + item)]
    question = QUESTION.format(*words)
    findings = [FINDING.format(*(choose(WORDS[at]) for at in (0, 1, 2, 3, 4, 5, 6))) for _ in range(4)]
    orders = islice(permutations(findings), 0, None, 7)
    more = (order for start in range(1, 7) for order in islice(permutations(findings), start, None, 7))
    shown = (
        order if at % 2 == 0 else (*order[:2], NOTA, *order[3:]) for at, order in enumerate((*orders, *more))
    )
    return question, shown


def save_model(folder: Path, sizes: Sizes, device: str = "cpu", dtype: str = "float32") -> int:
    """Write the model and its processor; the number of parameters.

    The library's initial weights are scaled threefold, so that attention is no longer uniform and image,
    context and position matter; those of the output once more. Where an answer begins, letters are made likelier than
    all other tokens, and the vocabulary has no opening parenthesis: the letter is always the first token of an answer.
    """
    import torch
    from transformers import CLIPImageProcessorPil, LlavaForConditionalGeneration, LlavaProcessor

    tokenizer = _tokenizer(sizes)
    half = [0.5, 0.5, 0.5]
    side = sizes.patches * PATCH
    images = CLIPImageProcessorPil(
        size={"height": side, "width": side}, do_center_crop=False, image_mean=half, image_std=half
    )
    processor = LlavaProcessor(
        images,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )
    torch.manual_seed(7)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))
    with torch.device(device):
        model = LlavaForConditionalGeneration(_config(sizes, tokenizer))
    torch.set_default_dtype(before)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(3)
        words, output = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        output.mul_(3)
        beginning = torch.nn.functional.normalize(torch.randn_like(words[0]), dim=0)
        words[tokenizer.convert_tokens_to_ids("<assistant>")] += BEGINS * beginning
        output[tokenizer.convert_tokens_to_ids(list(LETTERS[:4]))] += LIKELIER * beginning
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def _tokenizer(sizes: Sizes) -> PreTrainedTokenizerFast:
    """One token a word; the words that no text uses fill the vocabulary."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    texts = [QUESTION, FINDING, NOTA, *Prompts().model_dump().values(), *(" ".join(row) for row in WORDS)]
    own = {word for text in texts for word in re.findall(r"\w+|[^\w\s]", text)} - set("({})")
    known = [*SPECIAL, *sorted(own | {*LETTERS, ")", "True", "False", *map(str, range(101))})]
    words = [*known, *(f"word{at}" for at in range(len(known), sizes.vocabulary))]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        additional_special_tokens=["<user>", "<assistant>", "<image>"],
        padding_side="left",
    )


def _config(sizes: Sizes, tokenizer: Any) -> LlavaConfig:
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig

    vision = CLIPVisionConfig(
        hidden_size=sizes.vision_width,
        intermediate_size=4 * sizes.vision_width,
        num_hidden_layers=sizes.vision_layers,
        num_attention_heads=max(1, sizes.vision_width // 64),
        image_size=sizes.patches * PATCH,
        patch_size=PATCH,
        projection_dim=sizes.vision_width,
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=sizes.width,
        intermediate_size=sizes.width * 43 // 16,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.heads,
        max_position_embeddings=4096,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=sizes.patches**2,
        vision_feature_layer=-1,
    )
