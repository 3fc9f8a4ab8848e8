"""E-mail addresses as people type them: a slip in a well-known domain is noticed and a better one suggested, never forced."""

KNOWN = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.jp", "hotmail.com", "outlook.com", "live.com", "icloud.com", "me.com",
    "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "freenet.de", "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp",
    "proton.me", "protonmail.com", "msn.com", "comcast.net", "verizon.net", "mail.com", "posteo.de", "example.com",
)  # fmt: skip


def suggestion(address):
    """Return the address that was probably meant, or an empty text.

    >>> suggestion("ana@gmial.com"), suggestion("ana@gmail.con"), suggestion("ana@gmail.com"), suggestion("ana@mine.org")
    ('ana@gmail.com', 'ana@gmail.com', '', '')
    """
    name, at, domain = address.strip().rpartition("@")
    domain = domain.lower()
    if not (name and at and domain) or domain in KNOWN:
        return ""
    near = [known for known in KNOWN if abs(len(known) - len(domain)) <= 1 and _slips(domain, known) == 1]
    return f"{name}@{near[0]}" if len(near) == 1 else ""


def _slips(typed, meant):
    """Count the slips between two words: a letter too many, missing, wrong, or two that changed places."""
    before, row = [], list(range(len(meant) + 1))
    for i, letter in enumerate(typed, start=1):
        older, before, row = before, row, [i]
        for j, other in enumerate(meant, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
