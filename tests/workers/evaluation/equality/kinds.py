"""Every kind of request on which the two engines are compared, and the tasks that ask it."""

from tests.workers.evaluation.equality.asking import Question

KINDS = {
    "choices of many tokens": ("pwc2_arc_easy", 0),
    "choices of many tokens, shots drawn for each item": ("pwc2_arc_easy", 3),
    "choices with and without their question": ("pwc2_arc_challenge", 0),
    "two long choices": ("pwc2_piqa", 0),
    "letters": ("pwc2_logiqa", 0),
    "one continuation of several contexts": ("pwc2_winogrande", 0),
    "one continuation of several contexts, shots drawn": ("pwc2_winogrande", 4),
    "a last word": ("pwc2_lambada", 0),
    "running text": ("pwc2_lambada_rolling", 0),
    "writing": ("pwc2_arithmetic", 0),
    "writing behind shots": ("pwc2_arithmetic", 3),
}
"""What is asked, as a task of ours and how many worked examples it shows."""


def question(kind, folder, *, limit=None):
    """The question of that kind; `folder` holds our tasks."""
    task, num_fewshot = KINDS[kind]
    return Question(task, num_fewshot, limit=limit, include_path=str(folder))
