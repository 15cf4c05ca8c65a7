"""Events of each month: farming, work, trade, money, loans."""
