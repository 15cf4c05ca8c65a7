"""What happens month by month: fields, work, trade, money, loans."""
