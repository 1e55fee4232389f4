"""A mapping: everything that has to be assumed before a row of the data is a call."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

#: How a campaign before this one ended, in the words of the data.
Outcome = Literal["failure", "success", "nonexistent"]


class MappingRefused(Exception):
    """A mapping cannot be used; the message says where and why."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no zone of the IANA time zone database") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class _Part(BaseModel):
    """A part of a mapping. A misspelt key is a mistake, never a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Assumption(_Part):
    """Something that the data does not say, and why we say it anyway."""

    why: str


class Dates(Assumption):
    """Which day a row's month and weekday were.

    Attributes:
        years: The year by number of employees, the quarterly figure that tells the years apart.
        otherwise: The year where that figure is not among them.
    """

    years: dict[float, int]
    otherwise: int


class Hours(Assumption):
    """At what time of day the calls were made.

    Attributes:
        zone: Whose clock is meant.
        local: The times, through which the rows take turns.
    """

    zone: Zone
    local: Annotated[tuple[time, ...], Field(min_length=1)]


class ServiceClock(Assumption):
    """When the clock of the service that `Advise` asks starts."""

    starts_at: AwareDatetime


class Place(Assumption):
    """Where the customers are; None is unknown."""

    regions: tuple[str, ...]
    dialled_number: str | None
    address_zone: Zone | None


class Profile(Assumption):
    """What is known of every customer; None is unknown.

    Attributes:
        card_tiers: How full the card is, by outcome of the campaign before; else unknown.
    """

    relationship: Literal["prospect", "first_contact", "customer", "former"] | None
    consent: Literal["given", "withdrawn", "expired", "never_asked"] | None
    complaints_open: int | None
    card_tiers: dict[Outcome, Literal["low", "guarded", "neutral", "warm", "full"]]
    preferred_name: str | None


class CampaignContacts(Assumption):
    """The contacts of this campaign before the call."""

    hours_apart: Annotated[float, Field(gt=0)]
    disposition: str


class EarlierContacts(Assumption):
    """The contacts before this campaign.

    Attributes:
        unknown_days: How long ago the last was where the data does not say, in days.
        days_apart: How far apart they were, in days.
        last: How the last turned out, by outcome.
        others: How the ones before it turned out.
    """

    unknown_days: Annotated[float, Field(gt=0)]
    days_apart: Annotated[float, Field(gt=0)]
    last: dict[Outcome, str]
    others: str


class Marketing(Assumption):
    """The call that sells.

    Attributes:
        kind: The kind of the purpose, for the contacts that came before.
        relevance: A reason that the customer would recognise, by outcome of the campaign before.
    """

    purpose: str
    kind: str
    relevance: dict[Outcome, str]


class Service(Assumption):
    """The call that serves.

    Attributes:
        starts_in_days: How long after the call the change comes that it is about.
        pin_used: Whether the customer ever used the PIN; None is unknown.
    """

    purpose: str
    starts_in_days: int
    pin_used: bool | None


class Brand(Assumption):
    """In whose name the calls are made."""

    id: str


class Mapping(_Part):
    """All assumptions of one scenario."""

    scenario: str
    about: str
    dates: Dates
    hours: Hours
    clock: ServiceClock
    place: Place
    customer: Profile
    campaign: CampaignContacts
    earlier: EarlierContacts
    marketing: Marketing
    service: Service
    brand: Brand
    unused: dict[str, str]


#: Columns of the data that are read: all but `y` become part of a call, `y` only of the report.
USED_COLUMNS: Final = (
    "month",
    "day_of_week",
    "campaign",
    "pdays",
    "previous",
    "poutcome",
    "nr.employed",
    "y",
)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping.

    Raises:
        MappingRefused: It is not YAML, or not a mapping of this form.
    """
    try:
        return Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise MappingRefused(f"{path.name} is not YAML: {error}") from error
    except ValidationError as error:
        wrong = [
            f"{path.name}: {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise MappingRefused("\n".join(wrong)) from error


def assumptions(mapping: Mapping) -> list[str]:
    """Return every assumption of a mapping as lines of text, with why it is made."""
    lines = [f"{mapping.scenario}: {mapping.about}"]
    for name in type(mapping).model_fields:
        part = getattr(mapping, name)
        if isinstance(part, Assumption):
            lines.append(f"  {name}: {part.why}")
            values = part.model_dump(mode="json", exclude={"why"})
            lines += [f"    {key} = {_shown(value)}" for key, value in values.items()]
    lines.append("  not used:")
    lines += [f"    {column}: {why}" for column, why in mapping.unused.items()]
    return lines


def _shown(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case dict():
            return ", ".join(f"{key}: {each}" for key, each in value.items()) or "unknown"
        case list():
            return ", ".join(str(each) for each in value)
        case _:
            return str(value)
