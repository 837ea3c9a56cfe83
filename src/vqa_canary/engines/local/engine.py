"""A transformers image-text-to-text model, read in the fastest way that proves equal to the slow one."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from vqa_canary.counting import counted
from vqa_canary.engines.cutting import asking_order
from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.batches import by_image
from vqa_canary.engines.local.cached_prompts import FullPrompts
from vqa_canary.engines.local.decoding import Reading
from vqa_canary.engines.local.devices import threads_of_cpu
from vqa_canary.engines.local.expected import trial_instances
from vqa_canary.engines.local.facts import by_count_told, describe
from vqa_canary.engines.local.image_tokens import image_tokens
from vqa_canary.engines.local.interview import LocalInterview
from vqa_canary.engines.local.ladder import ProvenReading
from vqa_canary.engines.local.loading import Loaded, TransformersModel, load, plain
from vqa_canary.engines.local.memory import Memory, ends_everything, is_out_of_memory, release
from vqa_canary.engines.local.proofs import Proofs
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.sampler import SAMPLER
from vqa_canary.engines.local.setbacks import NoSetbacks, Setbacks
from vqa_canary.engines.local.template_settings import refuse_lost, refuse_no_place
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener, open_images
from vqa_canary.engines.registration import engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.stopping import Breaker
from vqa_canary.errors import BadInput
from vqa_canary.planned_shard import Needs
from vqa_canary.progress import Progress
from vqa_canary.rows import Evidence, Instance

if TYPE_CHECKING:
    from PIL.Image import Image


@engine("transformers", TransformersModel)
class TransformersEngine:
    """A transformers model; see `ladder` for how it is read."""

    sampler = SAMPLER
    reshuffles = True

    def __init__(
        self,
        name: str,
        options: TransformersModel,
        prompts: Prompts,
        sampling: Sampling,
        seed: int,
        loaded: Loaded | None = None,
    ) -> None:
        self._name, self._options, self._seed = name, options, seed
        self._prompts, self._sampling = options.of_model(prompts), sampling
        self._given = loaded
        self._race = Race(**sampling.model_dump(include=set(Race.__dataclass_fields__)))
        self._expected: tuple[Instance, ...] = ()
        """The instances of all that are to be asked about with which ways of reading are proven; see `expected`."""
        self._first: str | None = None
        """Id of the first instance of all; None where nobody has said what is to be asked."""
        self._read: dict[int, ProvenReading] = {}
        """How the questions that were asked last were read, for each number of images."""
        self._read_whole: dict[int, int] = {}
        """How many of them that way of reading failed on, so that each was read whole and alone."""
        self._memory, self._setbacks = Memory(), Setbacks(name)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process, it loads its model there."""
        made = self._name, self._options, self._prompts, self._sampling, self._seed
        return type(self), made, {"_expected": self._expected, "_first": self._first}

    def put_away(self) -> None:
        """Become what it was before it was asked, without the loaded model."""
        made, arguments, state = self.__reduce__()
        self.__dict__ = vars(made(*arguments, self._given)) | state
        gc.collect()  # a model and what reads it refer to one another
        release()

    @property
    def needs(self) -> Needs | None:
        """A thread or a GPU; None where the model is bound to a device, or spread over several."""
        options = self._options
        if self._given is not None or options.device_map is not None or ":" in options.device:
            return None
        return Needs(options.threads, gpu=options.device != "cpu")

    def expect(self, instances: Sequence[Instance]) -> None:
        """Choose from all instances those that ways of reading are proven with, whichever are asked about first."""
        self._expected = tuple(one for part in trial_instances(instances).values() for one in part)
        self._first = min(instances, key=asking_order).instance_id if instances else None

    @property
    def fingerprint(self) -> str:
        return self._options.fingerprint

    @property
    def facts(self) -> dict[str, str]:
        """What answered (see `facts.describe`) and how it was read; empty before anything was."""
        if not self._read:
            return {}
        names = {n: proven.reading.name for n, proven in sorted(self._read.items())}
        reasons = {n: proven.reason + self._besides(n) for n, proven in sorted(self._read.items())}
        return self._described | {"reading": by_count_told(names), "reading_reason": by_count_told(reasons)}

    def _besides(self, n_images: int) -> str:
        n = self._read_whole.get(n_images, 0)
        return f"; read whole and alone, since it failed on them: {counted(n, 'instance')}" if n else ""

    def alone(self) -> TransformersEngine:
        """The same loaded model, every prompt read whole and alone."""
        slow = self._options.model_copy(update={"reading": "full prompts", "batch_size": 1})
        return TransformersEngine(self._name, slow, self._prompts, self._sampling, self._seed, self._loaded)

    @cached_property
    def _described(self) -> dict[str, str]:
        return describe(self._loaded)

    @cached_property
    def _loaded(self) -> Loaded:
        return self._given or load(self._name, self._options)

    @cached_property
    def _renderer(self) -> Renderer:
        settings = self._options.chat_template_kwargs
        renderer = Renderer(self._loaded.processor, image_tokens(self._loaded), settings)
        refuse_lost(self._name, self._prompts, settings, renderer)
        if self._options.chat_template is not None:
            refuse_no_place(self._name, self._prompts, renderer)
        return renderer

    @cached_property
    def _proofs(self) -> Proofs:
        # Replies to follow-ups may be longer than answers to the question.
        limit = max(self._interview.limit, self._sampling.max_new_tokens)
        rest = self._options, self._prompts, self._sampling, self._race, limit
        return Proofs(self._loaded, self._renderer, *rest)

    @cached_property
    def _interview(self) -> LocalInterview:
        return LocalInterview(self._loaded, self._renderer, self._prompts, self._sampling, self._seed)

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        """Evidence of each instance, in order.

        Raises
        ------
        BadInput : the model cannot be loaded, or fails on whatever it is asked
        """
        _ = self._renderer  # what hinders loading is no matter of an instance
        if self._first is not None:
            # Nothing that was found out before may shape these answers, for another process may not have found it out.
            self._memory.forget()
            self._loaded.memory.forget()
        with threads_of_cpu(self._options.threads, self._loaded.device):
            return self._answer(instances, open_image)

    def _answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        self._read, self._read_whole = {}, {}
        done: dict[str, Evidence] = {}
        asked: list[Asked] = []
        unfit: list[tuple[Instance, Evidence]] = []
        for instance in instances:
            failed = Evidence(self._name, instance.instance_id, status="failed")
            try:
                images = open_images(open_image, instance)
            except BadInput as error:
                done[instance.instance_id] = replace(failed, error=str(error))
                continue
            try:
                asked.append(self._prepare(instance, images))
            except Exception as error:  # each family's processor fails in its own ways
                if ends_everything(error):
                    raise
                what = "it" if len(images) == 1 else _told_of(len(images))
                message = f"the model's processor cannot take {what}: {plain(error)}"
                done[instance.instance_id] = replace(failed, error=message)
                unfit.append((instance, done[instance.instance_id]))
        by_count: dict[int, list[Asked]] = defaultdict(list)
        for one in asked:
            by_count[len(one.prompt.images)].append(one)
        setbacks = self._setbacks_among(instances)
        breaker = Breaker(self._name, self._options, kept="Finished shards are kept.")
        # One number of images at a time: a way of reading is proven for that many.
        for n, part in sorted(by_count.items()):
            # In an order of their own, so that it is the same one that pays for what others reuse.
            self._ask(
                sorted(part, key=lambda one: one.instance.instance_id), n, open_image, setbacks, breaker
            )
        setbacks.count(unfit)
        done |= {one.instance.instance_id: one.evidence for one in asked}
        return [done[instance.instance_id] for instance in instances]

    def _prepare(self, instance: Instance, images: tuple[Image, ...]) -> Asked:
        chat = self._prompts.question_chat(instance.question, instance.options, len(images))
        prompt = self._renderer.render(chat, images)
        self._renderer.refuse(prompt, (instance.question, *instance.options))
        return Asked(instance, chat, prompt, Evidence(self._name, instance.instance_id))

    def _setbacks_among(self, instances: Sequence[Instance]) -> Setbacks | NoSetbacks:
        """What counts failures. Where all that is to be asked is known, only who asks about the first instance judges
        the model by them: others cannot know what was answered elsewhere."""
        if self._first is None:
            return self._setbacks
        first = any(instance.instance_id == self._first for instance in instances)
        return Setbacks(self._name) if first else NoSetbacks()

    def _prepared(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Asked]:
        """Those of the instances that can be asked about."""
        asked: list[Asked] = []
        for instance in instances:
            try:
                asked.append(self._prepare(instance, open_images(open_image, instance)))
            except Exception as error:  # its own shard tells of it
                if ends_everything(error) and not isinstance(error, BadInput):
                    raise
        return asked

    def _ask(
        self,
        asked: Sequence[Asked],
        n_images: int,
        open_image: ImageOpener,
        setbacks: Setbacks | NoSetbacks,
        breaker: Breaker,
    ) -> None:
        """Ask about instances that show `n_images` each.

        Raises
        ------
        BadInput : the model fails on whatever it is asked; where it fails on several images alone, or without one, the
            rows say so
        TooManyFailures : it fails so often that asking on is of no use; of this shard nothing is kept
        """
        try:
            expected = [one for one in self._expected if len(one.images) == n_images]
            trial = partial(self._prepared, expected, open_image) if expected else None
            proven = self._read[n_images] = self._proofs.find(asked, n_images, trial)
        except BadInput as error:
            if n_images == 1:
                raise
            for one in asked:
                about = f"about {_told_of(n_images)}" if n_images else "without an image"
                one.fail(f"the model cannot be asked {about}: {error}")
            setbacks.count((one.instance, one.evidence) for one in asked)
            return
        reading = proven.reading
        batches = [list(asked)] if reading.whole_shards else by_image(asked, self._options.batch_size)
        alone: Callable[[Asked, Exception], Asked]
        alone = _give_up if reading.whole_shards else partial(self._ask_alone, n_images)
        with Progress(len(asked), self._name) as progress:
            for batch in batches:
                self._memory.in_halves(batch, partial(self._ask_together, reading), alone)
                setbacks.count((one.instance, one.evidence) for one in batch)
                progress.update(len(batch), failed=sum(one.evidence.status == "failed" for one in batch))
                for one in batch if n_images == 1 else ():  # a model may take one image alone
                    breaker.count(one.evidence)
                for one in batch:  # or all images of a shard stay in memory, as the model's arguments
                    one.prompt.forget()

    def _ask_together(self, reading: Reading, batch: Sequence[Asked]) -> Sequence[Asked]:
        for one in batch:  # whatever a try that failed has left
            one.begin()
        self._interview.ask(reading.session(), batch)
        return batch

    def _ask_alone(self, n_images: int, one: Asked, error: Exception) -> Asked:
        """Ask about an instance that a faster way of reading fails on as all ways were held to; where that fails, too,
        the row says what failed first."""
        try:
            self._ask_together(FullPrompts(self._loaded, self._renderer, self._race, 1), [one])
        except Exception as other:  # of any kind, as the first one was
            if ends_everything(other):
                raise
            return _give_up(one, error)
        self._read_whole[n_images] = self._read_whole.get(n_images, 0) + 1
        return one


def _told_of(n_images: int) -> str:
    return f"{n_images} images in one question" if n_images else "a question without an image"


def _give_up(one: Asked, error: Exception) -> Asked:
    what = "it does not fit in memory, even alone" if is_out_of_memory(error) else "the model fails on it"
    one.fail(f"{what}: {plain(error)}")
    return one
