"""Facts of a month → letters, docx, xlsx, html, charts."""
