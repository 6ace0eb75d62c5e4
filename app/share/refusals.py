"""Every refusal of a bundle, card or receipt: stable code, sentence, next step.

The codes are those of FORMAT.md 8, relied on by vectors, tests and scripts. Faces translate the
sentences; the Korean is in `resources/translations/ko/sharing.json`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.errors import InputRefused
from app.i18n import mark


class Sentence(NamedTuple):
    """What a person reads. `{fields}` come from the values of the refusal."""

    title: str
    detail: str
    next_step: str


_NOTHING = mark("Nothing was imported.")
_ASK_AGAIN = mark("Ask the sender to send the file again.")

SENTENCES: Final[dict[str, Sentence]] = {
    "NOT_A_BUNDLE": Sentence(
        mark("This is not a share file."),
        mark("It does not begin the way share files begin."),
        mark("Check that you chose the right file."),
    ),
    "NEWER_VERSION": Sentence(
        mark("This file was made by a newer version of the program."),
        _NOTHING,
        mark("Update MyData Vault, then open the file again."),
    ),
    "TRUNCATED": Sentence(
        mark("This file is incomplete."),
        mark("{have} bytes are here of at least {need}. Nothing was imported."),
        mark("Wait until it is fully copied or downloaded, or ask the sender for it again."),
    ),
    "TRAILING_DATA": Sentence(
        mark("Something was added to the end of this file."),
        _NOTHING,
        _ASK_AGAIN,
    ),
    "BAD_HEADER": Sentence(
        mark("This file is damaged or was changed."),
        mark("Its opening part makes no sense. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "HEADER_TAMPERED": Sentence(
        mark("This file is damaged or was changed."),
        mark("Its opening part does not match its seal. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "NOT_FOR_YOU": Sentence(
        mark("This file is for somebody else, or its address part is damaged."),
        mark("It does not open with your identity, whose safety number is {digits}."),
        mark("Ask the sender whether they used your newest card, and send it to them again."),
    ),
    "PAYLOAD_TAMPERED": Sentence(
        mark("This file is damaged or was changed."),
        mark("Its contents do not match their seal. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "BAD_FRAME": Sentence(
        mark("This file is damaged or was changed."),
        mark("Its pieces are not in the expected order. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "BAD_SIGNATURE": Sentence(
        mark("The signature in this file does not match."),
        mark("Somebody other than the named sender made or changed it. Nothing was imported."),
        mark("Do not trust it. Ask the sender in another way, for example by telephone."),
    ),
    "BAD_MANIFEST": Sentence(
        mark("The description inside this file is not valid."),
        _NOTHING,
        mark("Tell the sender that their program made a file that cannot be read."),
    ),
    "TERMS_MISMATCH": Sentence(
        mark("The terms in this file are not the terms that were agreed on."),
        _NOTHING,
        _ASK_AGAIN,
    ),
    "NOT_LISTED": Sentence(
        mark("This file was not addressed to you."),
        mark("You are not on the list of recipients that the sender signed. Nothing was imported."),
        mark("Ask the sender to share it with you directly."),
    ),
    "WRONG_RECIPIENTS": Sentence(
        mark("The addresses of this file do not fit its list of recipients."),
        _NOTHING,
        _ASK_AGAIN,
    ),
    "UNKNOWN_SENDER": Sentence(
        mark("You do not know the sender of this file yet."),
        mark(
            "It calls its sender “{name}”, with the safety number {digits}. Anyone can use a name."
        ),
        mark(
            "Compare the safety number with the sender in another way before you accept the file."
        ),
    ),
    "KEY_CHANGED": Sentence(
        mark("“{name}” is known to you with other keys."),
        mark("The keys in this file are not theirs. The safety number here is {digits}."),
        mark("Ask them in another way. If they have new keys, add their new card first."),
    ),
    "ALREADY_IMPORTED": Sentence(
        mark("This file was already imported on {date}."),
        mark("Nothing was imported again."),
        mark("There is nothing to do."),
    ),
    "WITHDRAWN": Sentence(
        mark("The sender withdrew this file on {date}."),
        _NOTHING,
        mark("Ask the sender for a new one if you still need it."),
    ),
    "OLDER_THAN_LAST": Sentence(
        mark("This file is older than what you have from this sender."),
        mark("It is number {seq}; you already have number {last}."),
        mark("Ask for the newest file, or accept the older one knowingly."),
    ),
    "EXPIRED": Sentence(
        mark("The time agreed for this file ended on {date}."),
        mark("The sender asked that it is not used any more."),
        mark("Ask the sender for a new one, or accept it knowingly."),
    ),
    "PART_SIZE": Sentence(
        mark("This file is damaged or was changed."),
        mark("A part has another length than the sender signed. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "PART_HASH": Sentence(
        mark("This file was changed after the sender signed it."),
        mark("A part differs from what was signed. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "BAD_PADDING": Sentence(
        mark("This file is damaged or was changed."),
        mark("The filling at its end is not empty. Nothing was imported."),
        _ASK_AGAIN,
    ),
    "BAD_RECORD": Sentence(
        mark("A record in this file cannot be read."),
        mark("It is in line {line}. Nothing was imported."),
        mark("Tell the sender that their program made a file that cannot be read."),
    ),
    "NOT_A_CARD": Sentence(
        mark("This is not a card."),
        mark("A card is a short text that begins with “BEGIN MYDATA CARD”."),
        mark("Ask for the card file again, or paste the whole text."),
    ),
    "CARD_TAMPERED": Sentence(
        mark("This card is damaged or was changed."),
        mark("Its signature does not match. It was not added."),
        mark("Ask for the card again."),
    ),
    "OWN_CARD": Sentence(
        mark("This is your own card."),
        mark("It was not added."),
        mark("Give it to the people who should send you something."),
    ),
    "CARD_KEY_CHANGED": Sentence(
        mark("You already know “{name}” with other keys."),
        mark("This card does not prove that it comes from the same person. It was not added."),
        mark("Ask them in another way. If it is theirs, remove the old entry and add it again."),
    ),
    "OLDER_CARD": Sentence(
        mark("You already have a newer card of “{name}”."),
        mark("This older one was not added."),
        mark("There is nothing to do."),
    ),
    "BAD_NAME": Sentence(
        mark("This name cannot be used."),
        mark("A name has 1 to 80 visible characters in one line."),
        mark("Choose another name."),
    ),
    "NO_IDENTITY": Sentence(
        mark("You have no identity yet."),
        mark("It is needed to sign what you share and to open what you receive."),
        mark("Make your card first: give it the name that others know you by."),
    ),
    "HAS_IDENTITY": Sentence(
        mark("You already have an identity, named “{name}”."),
        mark("Its keys open what was sealed for you, so it is not replaced."),
        mark("Use the card you have."),
    ),
    "UNKNOWN_PERSON": Sentence(
        mark("You know nobody named “{name}”."),
        mark("Names must be written as they are in the list of people."),
        mark("Add the person’s card first."),
    ),
    "PERSON_CHANGED": Sentence(
        mark("The keys of “{name}” have changed."),
        mark("Nothing is sealed for them until their new safety number is compared."),
        mark("Compare the safety number with them and confirm it."),
    ),
    "WRONG_NUMBER": Sentence(
        mark("The safety number does not match."),
        mark("Either it was mistyped, or the card you have is not from “{name}”."),
        mark("Read the number to each other again. If it still differs, ask for their card anew."),
    ),
    "NO_RECIPIENT": Sentence(
        mark("Nobody was chosen to receive it."),
        "",
        mark("Choose at least one person."),
    ),
    "TOO_MANY_RECIPIENTS": Sentence(
        mark("A share file can have at most 256 recipients."),
        mark("{count} were chosen. Nothing was written."),
        mark("Share it in several files."),
    ),
    "NOTHING_SELECTED": Sentence(
        mark("No record fits what you chose."),
        mark("Nothing was written."),
        mark("Choose other kinds, sources or dates."),
    ),
    "BAD_SELECTION": Sentence(
        mark("“{what}” cannot be chosen here."),
        mark("It is not a kind, field or way of coarsening that the program knows."),
        mark("Check how it is written."),
    ),
    "NO_PURPOSE": Sentence(
        mark("The purpose is missing."),
        mark("A person who receives data must know what for. It may have up to 2,000 characters."),
        mark("Say in a sentence what the data may be used for."),
    ),
    "BAD_DATE": Sentence(
        mark("“{what}” is not a date."),
        "",
        mark("Write it as year-month-day, for example 2027-05-31."),
    ),
    "RECORD_TOO_LARGE": Sentence(
        mark("A record is too large to share."),
        mark("It is in kind {kind}. Nothing was written."),
        mark("Leave out its text or drop the record."),
    ),
    "TOO_MUCH_DESCRIPTION": Sentence(
        mark("The description of what is shared is too long."),
        mark("Nothing was written."),
        mark("Choose fewer kinds and sources, or shorten the purpose and terms."),
    ),
    "CHANGED_MEANWHILE": Sentence(
        mark("The data changed while it was being sealed."),
        mark("Nothing was written."),
        mark("Try again."),
    ),
    "FILE_CHANGED": Sentence(
        mark("The file changed after it was checked."),
        _NOTHING,
        mark("Open it again."),
    ),
    "UNKNOWN_BUNDLE": Sentence(
        mark("No bundle has this number."),
        mark("“{bundle}” is not among those you shared or received."),
        mark("Look it up in the list of what you shared or received."),
    ),
    "RECEIPT_UNKNOWN": Sentence(
        mark("This receipt is for a bundle that you did not share."),
        mark("It was not added."),
        mark("There is nothing to do."),
    ),
    "RECEIPT_INVALID": Sentence(
        mark("This receipt does not fit the bundle it names."),
        mark("It comes from somebody who was not a recipient, or names other contents."),
        mark("Ask the recipient for a new receipt."),
    ),
    "WITHDRAWAL_UNKNOWN": Sentence(
        mark("This withdrawal is for a bundle that you do not have."),
        mark("Nothing was changed."),
        mark("There is nothing to do."),
    ),
    "WITHDRAWAL_FOREIGN": Sentence(
        mark("This withdrawal does not come from the sender of the bundle."),
        mark("It was ignored; nothing was changed."),
        mark("There is nothing to do."),
    ),
}

WARNINGS: Final[dict[str, str]] = {
    "FROM_THE_FUTURE": mark(
        "This file says it was made on {created}, which is still to come. A clock is wrong."
    ),
    "UNKNOWN_KINDS": mark(
        "This version does not know the kinds of some records ({count}). They can be exported."
    ),
}
"""What is worth knowing of a file and keeps nobody from accepting it."""


def refused(code: str, **values: object) -> InputRefused:
    """Make the refusal `code`."""
    title, detail, next_step = SENTENCES[code]
    refusal = InputRefused(code, title, detail, next_step)
    refusal.values = values
    return refusal
