"""What makes an assistant for news more than a search: rules for French and English, silent where they cannot tell."""
