"""What has moved since a card was trained: members, applicants, outcomes, places."""
