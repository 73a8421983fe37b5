"""Sphinx's settings for the site. build.py lays the sources out and calls Sphinx."""

import os
import sys
from pathlib import Path

import playmirror

sys.path.insert(0, str(Path(__file__).parent))

from python_names import aliases

project = "playmirror"
author = "the playmirror authors"
copyright = author
version = release = playmirror.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "breathe", "signatures", "links_in_words"]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [
    # What is not ours: the standard libraries and other packages.
    (r"cpp:.*", r"playmirror|std(::.*)?|(std::)?u?int(32|64)_t|Arrow\w+|MirrorState"),
    (r"py:.*", r"(os|collections|pathlib|pandas|polars|pyarrow)\..*|Axes|Figure|Path"),
    (r"py:.*", r"playmirror\.\w+\.(Key|Record|Default)"),  # parameters of types
]

# Markdown as a code forge reads it: anchors of headings included.
myst_heading_anchors = 6
myst_enable_extensions = []

smartquotes = False  # quotes are as they were typed
default_role = "literal"  # docstrings mark code by single backticks
add_module_names = False
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "inherited-members": "object",
    "special-members": "__contains__, __getitem__, __iter__, __len__",
    "member-order": "bysource",
}
autodoc_typehints = "signature"
autodoc_type_aliases = {name: name for name in aliases()}
python_maximum_signature_line_length = 90
cpp_maximum_signature_line_length = 90

breathe_projects = {"playmirror": os.environ["PLAYMIRROR_DOXYGEN_XML"]}
breathe_default_project = "playmirror"
breathe_domain_by_extension = {"hpp": "cpp"}

html_theme = "furo"
html_title = f"playmirror {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
