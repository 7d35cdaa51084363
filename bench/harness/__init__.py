"""What ./dev bench is made of."""
