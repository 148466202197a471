"""Plain text of what people write in Jira: wiki text as it is, documents (ADF) node by node.

Contract: developer.atlassian.com, "Atlassian Document Format".
"""

from typing import Any

# Nodes that end a line. Marks, media and layout say nothing in words.
_BLOCKS = frozenset(
    {
        "blockquote",
        "codeBlock",
        "decisionItem",
        "heading",
        "listItem",
        "mediaSingle",
        "panel",
        "paragraph",
        "rule",
        "tableRow",
        "taskItem",
    }
)
# Nodes without content: the attributes that say what they show, the best first.
_LEAVES = {
    "blockCard": ("url",),
    "emoji": ("text", "shortName"),
    "inlineCard": ("url",),
    "mention": ("text", "id"),
    "status": ("text",),
}


def plain(said: Any) -> str:
    """The words of a description; "" for what is neither text nor a document. O(nodes), any depth.

    >>> plain({"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "It fails"}]}]})
    'It fails'
    """
    if isinstance(said, str):
        return said
    words: list[str] = []
    waiting = [said]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            words.append(node)
        elif isinstance(node, dict):
            kind = node["type"] if isinstance(node.get("type"), str) else ""
            words.append(_shown(node, kind))
            if kind in _BLOCKS:
                waiting.append("\n")
            content = node.get("content")
            waiting += reversed(content) if isinstance(content, list) else ()
    lines = (line.strip() for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)


def _shown(node: dict[str, Any], kind: str) -> str:
    """What a node shows by itself."""
    if kind == "text":
        return node["text"] if isinstance(node.get("text"), str) else ""
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if not isinstance(attributes, dict):
        return ""
    shown = (attributes.get(name) for name in _LEAVES.get(kind, ()))
    return next((text for text in shown if isinstance(text, str)), "")
