"""The widget on a page of another site."""
