"""What people see: the chat page, the article page, and the words of both."""
