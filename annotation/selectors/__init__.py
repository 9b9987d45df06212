"""Reading review: items as a page shows them, queues and how far they are, raters, and what people said."""
