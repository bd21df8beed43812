"""Spam and vandals of the archive. Marked "sample" are real rows; the other advertisements are made after the documented fault."""

import csv
import gzip
import json
import time

import pytest

from papers.archive.screening import (
    ATTACK,
    NAMELESS,
    NO_LETTER,
    PHONE_NUMBER,
    PLACEHOLDER,
    QUANTITY,
    SUPPORT_LINE,
    UNFILLED,
    judge_dataset,
    judge_method,
    judge_task,
)
from papers.archive.spam_words import folded

FORM_TEXT = "Please enter a description about the method here"


@pytest.mark.parametrize(
    "name",
    [
        "LoRA", "Residual Connection", "1x1 Convolution", "Softmax", "Adam", "ResNet-1001", "Call Graph Neural Network",
        "How to train your MAML", "Phone recognition", "Phone Number Recogniser", "Gemini", "Ledger", "Delta Tuning", "Phantom",
        "Kraken", "Spirit", "Frontier Search", "United Architecture", "Refund Prediction", "Customer Service Chatbot",
        "Airline Customer Support Agent", "Flight Delay Network", "Talking to a Human in the Loop", "24/7 Monitoring",
        "What is a Flight?", "Can You Call a Function?", "YOLOv8", "1-800 Grid", "888-NAS", "ELU+", "Wallet Clustering", "®ReLU",
        "Latam-BERT at Scale", "GPT-4 (8,005,551,234 tokens)", "3D CNN", "Do not call list", "Hotline Bling", "深度学习",
    ],
)  # fmt: skip
def test_a_method_of_research_is_innocent_by_its_name(name):
    assert judge_method(name, full_name=name, description="A **method** that is used in networks.") == ""


@pytest.mark.parametrize(
    "name",
    [
        "How do I get a refund from Expedia?", "Lufthansa Cancellation Policy", "Lufthansa customer service",
        "How to speak to a live person at Delta Airlines", "QuickBooks Error H202", "Coinbase support number", "[Get~Help] Expedia: call now",
        "¿Cómo hablar con una persona en la aerolínea?", "¿Cómo llamar a Avianca?", "Aeroméxico teléfono", "LATAM Airlines: cambiar el vuelo",
        "Crypto wallet support number: live agent", "Trust Wallet® recovery", "What is the baggage policy on Ryanair",
        "How to reset my Gmail account", "Airlines customer care phone number", "How do I change my flight ticket on an airline",
        "ＥＸＰＥＤＩＡ ｒｅｆｕｎｄ", "𝐋𝐮𝐟𝐭𝐡𝐚𝐧𝐬𝐚 refund", "Customer service, phone number, live person",
    ],
)  # fmt: skip
def test_an_advertisement_of_a_support_line_is_spam_by_its_name(name):
    assert judge_method(name) == SUPPORT_LINE
    assert judge_dataset("Good name", full_name=name) == SUPPORT_LINE


@pytest.mark.parametrize(
    "name",
    [
        "Support +1-888-555-0142", "【1-844-555-0142】", "Travel ☎️ 1(877)555 0142", "(+1)–866–555–0142", "+1⭐800⭐555⭐0142",
        "１－８５５－５５５－０１４２", "1️⃣8️⃣8️⃣8️⃣ 5️⃣5️⃣5️⃣ 0️⃣1️⃣4️⃣2️⃣", "Llame +52 55 5512 3456", "8335550142",
    ],
)  # fmt: skip
def test_a_phone_number_in_a_name_is_spam_whatever_stands_between_its_digits(name):
    assert judge_method(name) == PHONE_NUMBER
    assert judge_dataset(name) == PHONE_NUMBER
    assert judge_task(name) == PHONE_NUMBER


@pytest.mark.parametrize(
    "description",
    [
        "To speak to a live person at the airline call +1-855-555-0142 at any hour.",
        "Need help? Dial 1 (888) 555 0142, our customer support waits for you.",
        "QuickBooks helpline: technical support for all versions, day and night.",
        "Para un reembolso puede llamar al +52 55 5512 3456, servicio al cliente.",
    ],
)
def test_an_innocent_name_does_not_hide_an_advertising_description(description):
    assert judge_method("Travel help", description=description) == SUPPORT_LINE
    assert judge_dataset("Travel help", description="Hello. " * 100 + description) == SUPPORT_LINE


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("AirDialogue", "Dialogues in which a customer talks to an agent to book, change or cancel a flight, with a refund or not."),
        ("Airline Tweets", "Tweets about Delta Airlines, United Airlines and Southwest Airlines: late flights, customer service, refunds."),
        ("Contact Forms", "Records with names and phone numbers such as +1-202-555-0123, made by a generator."),
        ("Bank Intents", "Queries of customer service with 77 intents: refund, card lost, top up by phone number, change of name."),
        ("Grids", "Images of 800 x 555 pixels, 8005550142 in all; 888.555.0142 is a version."),
        ("Expedia Hotel Sort", "Searches of hotels at Expedia with the ranking shown and what was booked or cancelled."),
        ("Switchboard", "Telephone calls between strangers; each speaker may call toll free and talks to a person at random."),
        ("Function Calls", "How to call a function: models speak with someone, call the tool, cancel the task and get the error code 404."),
    ],
)  # fmt: skip
def test_a_dataset_about_service_and_travel_is_innocent(name, description):
    assert judge_dataset(name, description=description) == ""


def test_the_method_on_the_first_record_of_the_archive_was_never_filled_in(shared_data):
    with gzip.open(shared_data / "pwc/archive/papers-with-abstracts.json.gz") as file:
        method = json.load(file)[0]["methods"][0]
    assert (method["name"], method["description"]) == ("ooJpiued", FORM_TEXT)
    fields = {key: method[key] for key in ("full_name", "description", "introduced_year")}
    assert judge_method(method["name"], **fields) == UNFILLED


@pytest.mark.parametrize(
    "more",
    [
        {"full_name": "Low-Rank Adaptation", "introduced_year": 2000},
        {"full_name": "LoRA", "introduced_year": 2021},
        {"full_name": "LoRA", "introduced_year": 2000, "description": FORM_TEXT + ": it adapts ranks."},
    ],
)
def test_a_method_of_which_somebody_said_anything_is_innocent(more):
    assert judge_method("LoRA", **{"description": FORM_TEXT, **more}) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", NAMELESS),  # sample
        (" \n", NAMELESS),
        ("16k", QUANTITY),  # sample
        ("2k", QUANTITY),  # sample
        ("4k", QUANTITY),  # sample
        ("model", PLACEHOLDER),  # sample: a task of the archive's first record
        ("1", NO_LETTER),
        ("^(#$!@#$)(()))******", NO_LETTER),  # sample
        ("!(()&&!|*|*|", NO_LETTER),  # sample
        ("01/01/1967' AND 2*3*8=6*8 AND 'AncJ'='AncJ", ATTACK),  # sample
        ("./01/01/1967", ATTACK),  # sample
        ("-1' OR 5*5=25 --", ATTACK),
        ("1 UNION ALL SELECT NULL,NULL", ATTACK),
        ("x'; waitfor delay '0:0:15' --", ATTACK),
        ("<script>alert(1)</script>", ATTACK),
        ("../../../../etc/passwd", ATTACK),
    ],
)
def test_a_vandalised_task_is_told_by_its_name(name, reason):
    assert judge_task(name) == reason


@pytest.mark.parametrize(
    "name", ["1", "2048", "16k", "model", "300W", "A*3D", "BAM!", "THUMOS'14", "Wiki-Auto + Turk", "Helpdesk"]
)
def test_the_dataset_string_of_a_board_may_be_a_number(name):
    assert judge_dataset(name) == ""


@pytest.mark.parametrize(
    "name", ["SQL Parsing", "Text-To-SQL", "Alzheimer's Disease Detection", "All", "3D", "Form", "Task 2", "MATH"]
)
def test_odd_names_of_real_tasks_are_innocent(name):
    assert judge_task(name, description="How to call it: **phone** recognition is a task.") == ""


def test_of_the_final_task_names_only_the_vandals_are_flagged(shared_data):
    names = [json.loads(line) for line in (shared_data / "pwc/final-task-names.txt").read_text().splitlines()]
    assert len(names) == 3722
    assert [name for name in names if judge_task(name)] == ["", "16k", "2k", "4k"]


def test_of_the_sampled_benchmark_names_only_vandals_and_spam_are_flagged(shared_data):
    with (shared_data / "pwc/all_tasks_detailed.csv").open(newline="") as file:
        columns = [row[key] for row in csv.DictReader(file) for key in ("Benchmarks", "Common Datasets (Top 10)")]
    names = {name.strip() for column in columns for name in column.split("; ")} - {""}
    assert {name: judge_dataset(name) for name in names if judge_dataset(name)} == {
        "!(()&&!|*|*|": NO_LETTER,
        ".": NO_LETTER,
        "^(#$!@#$)(()))******": NO_LETTER,
        "./01/01/1967": ATTACK,
        "01/01/1967' AND 2*3*8=6*8 AND 'AncJ'='AncJ": ATTACK,
        "[[get~Easy//Service//Charge]]How do I dispute a charge on Expedia?": SUPPORT_LINE,
    }


def test_no_title_and_abstract_of_the_samples_is_taken_for_spam(shared_data):
    with gzip.open(shared_data / "pwc/archive/papers-with-abstracts.json.gz") as file:
        papers = [(row["title"], row["abstract"]) for row in json.load(file)]
    with gzip.open(shared_data / "pwc/archive/links-between-papers-and-code.json.gz") as file:
        papers += [(row["paper_title"], None) for row in json.load(file)]
    assert [title for title, abstract in papers if judge_method(title, description=abstract)] == []


@pytest.mark.parametrize(
    "piece", ["1 ", "8", "+1-8 0 ", "' or ", "call ", "(", "how to refund ", "select from where ", "\ufdfa", "’\u0301"]
)
def test_a_megabyte_costs_no_time(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    for judge in (judge_method, judge_dataset, judge_task):
        judge(text, description=text)
    assert time.process_time() - began < 1.0


def test_a_letter_that_stands_for_a_sentence_does_not_swell_a_text():
    assert len(folded("\ufdfa" * 100)) == 200
