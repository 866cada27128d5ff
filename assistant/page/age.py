"""How long ago an article was published, which a date alone does not tell at a glance."""

from datetime import date

from assistant.words import Words


def age(published: date | None, today: date, words: Words) -> str:
    """In whole days, months or years; empty where it is unknown or still to come."""
    if published is None or published > today:
        return ""
    days = (today - published).days
    months = 12 * (today.year - published.year) + today.month - published.month - (today.day < published.day)
    if days < 2:
        return words.yesterday if days else words.today
    if months < 1:
        return words.counted(days, words.days_ago)
    if months < 12:
        return words.counted(months, words.months_ago)
    return words.counted(months // 12, words.years_ago)
