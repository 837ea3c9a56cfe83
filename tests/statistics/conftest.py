from tests.made_up_answers import answers as answers
from tests.made_up_answers import noise as noise
