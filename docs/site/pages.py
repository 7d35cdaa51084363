"""The pages of the site: those of docs/, with links that hold there."""
import pathlib
import re
import shutil
import sys

# What a page may link to outside docs/, and the page that the site has of it.
ELSEWHERE = {
    "README.md": "index.md",
    "bench/results/README.md": "bench-results.md",
    "lib/include/tenure": "api.md",
}
LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s]+)\)")


def collect(top: pathlib.Path, into: pathlib.Path) -> None:
    for page in sorted((top / "docs").rglob("*.md")):
        inside = page.relative_to(top / "docs")
        if inside != pathlib.Path("README.md"):  # the navigation takes its place
            copy(top, page, into / inside)
    for source, name in ELSEWHERE.items():
        if source.endswith(".md"):
            copy(top, top / source, into / name)
    shutil.copytree(top / "docs/pictures", into / "pictures",
                    ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (into / "api.md").write_text(
        "# C++ API\n\nThe reference of the public headers is a site of its kind: "
        '<a href="api/index.html">classes, functions and files</a>.\n', encoding="utf-8")


def copy(top: pathlib.Path, page: pathlib.Path, to: pathlib.Path) -> None:
    """Copies a page. A link to a file that the site lacks becomes the name of that file."""
    site_page = to.name if to.parent.name == "pages" else f"{to.parent.name}/{to.name}"

    def mend(found: re.Match) -> str:
        label, target = found.groups()
        if target.startswith(("http://", "https://", "#", "mailto:")):
            return found[0]
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve()
        inside = str(file.relative_to(top)) if file.is_relative_to(top) else path
        name = ELSEWHERE.get(inside)
        if name is None and inside.startswith("docs/") and file.suffix in (".md", ".svg", ".png"):
            name = inside.removeprefix("docs/")
        if name is None or name == "README.md":
            return label.strip("[]!") if "`" in label else f"`{inside}`"
        up = "../" * site_page.count("/")
        return f"{label}({up}{name}{'#' + anchor if anchor else ''})"

    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(LINK.sub(mend, page.read_text(encoding="utf-8")), encoding="utf-8")


def check_navigation(config: pathlib.Path, source: pathlib.Path) -> None:
    named = set(re.findall(r": ([\w/-]+\.md)$", config.read_text(encoding="utf-8"), re.M))
    found = {str(page.relative_to(source)) for page in source.rglob("*.md")}
    if found - named:
        sys.exit(f"docs: add to the navigation in docs/site/mkdocs.yml: {sorted(found - named)}")


def check_offline(site: pathlib.Path) -> None:
    """No page may load anything from elsewhere."""
    loads = re.compile(r"<(?:script|img|iframe)[^>]*src=\"(https?:)?//|<link[^>]*rel=\"stylesheet\""
                       r"[^>]*href=\"(https?:)?//")
    for page in site.rglob("*.html"):
        if loads.search(page.read_text(encoding="utf-8", errors="replace")):
            sys.exit(f"docs: {page} loads a file from elsewhere: a site must work without network")
