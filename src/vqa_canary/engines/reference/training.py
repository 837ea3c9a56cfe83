from __future__ import annotations
import time, math, sys
from random import Random
from collections import defaultdict
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from vqa_canary.engines.reference.corpus import *
from vqa_canary.engines.reference.tree import Tree, stack
