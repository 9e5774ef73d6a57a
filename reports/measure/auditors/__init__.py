"""How auditors rate: severity, agreement, and how locations link them."""
