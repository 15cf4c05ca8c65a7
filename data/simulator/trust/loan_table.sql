-- One row per ripe loan, good or bad, that has a year of flows before it, with what the archive knew on the day of application.
-- Views of the caller: every archive table, all versions; `ripe` (loan_id, bad).
-- Columns are named group__attribute; the groups are those of `GROUPS` in loan_table.py.
WITH spine AS (
    SELECT DISTINCT ON (l.loan_id) l.loan_id, l.member_id, l.applied_on::TIMESTAMP AS day,
        l.disbursed_on, l.amount::DOUBLE AS amount, l.months, l.repayment, l.product, ripe.bad
    FROM loans l JOIN ripe USING (loan_id)
    -- The flows of a whole year lie before the application.
    WHERE l.applied_on >= (SELECT min(month) FROM cashflow) + INTERVAL 12 MONTH
    ORDER BY l.loan_id, l.recorded_at DESC
),
cash AS (
    SELECT s.loan_id, c.*, date_diff('month', c.month, date_trunc('month', s.day)) AS age
    FROM spine s JOIN cashflow c ON c.member_id = s.member_id AND c.recorded_at < s.day
        AND c.month < date_trunc('month', s.day) AND c.month >= s.day - INTERVAL 13 MONTH
    QUALIFY row_number() OVER (PARTITION BY s.loan_id, c.month ORDER BY c.recorded_at DESC) = 1
),
capital AS (
    SELECT loan_id,
        avg(average_balance)::DOUBLE AS balances__mean_12m,
        min(average_balance)::DOUBLE AS balances__lowest_12m,
        (avg(average_balance) FILTER (age <= 3) / greatest(avg(average_balance), 1))::DOUBLE AS balances__trend,
        arg_max(average_balance, month)::DOUBLE AS balances__last,
        sum(qr_receipts)::DOUBLE AS capital__qr_12m,
        (sum(bills_paid_on_time) / nullif(sum(bills_due), 0))::DOUBLE AS capital__bills_on_time,
        sum(wages_credited)::DOUBLE AS capital__wages_12m,
        sum(remittances)::DOUBLE AS capital__remittances_12m,
        (sum(coalesce(wages_credited, 0) + coalesce(remittances, 0)) FILTER (age <= 3)
            / nullif(sum(coalesce(wages_credited, 0) + coalesce(remittances, 0)), 0))::DOUBLE AS capital__pay_trend,
        sum(insurance_premium)::DOUBLE AS capital__premium_12m
    FROM cash GROUP BY loan_id
),
sold AS (
    SELECT s.loan_id, v.*, date_diff('month', v.month, date_trunc('month', s.day)) AS age
    FROM spine s JOIN sales v ON v.member_id = s.member_id AND v.recorded_at < s.day
        AND v.month < date_trunc('month', s.day) AND v.month >= s.day - INTERVAL 13 MONTH
    QUALIFY row_number() OVER (PARTITION BY s.loan_id, v.month, v.channel ORDER BY v.recorded_at DESC) = 1
),
commerce AS (
    SELECT loan_id,
        sum(amount - coalesce(refunds, 0))::DOUBLE AS commerce__net_sales_12m,
        (sum(refunds) / nullif(sum(amount), 0))::DOUBLE AS commerce__refund_share,
        count(DISTINCT month)::DOUBLE AS commerce__active_months,
        count(DISTINCT month) FILTER (age <= 4)::DOUBLE AS commerce__active_months_4m,
        count(DISTINCT channel)::DOUBLE AS commerce__channels,
        (sum(amount) FILTER (age <= 6) / nullif(sum(amount), 0))::DOUBLE AS commerce__trend,
        sum(orders)::DOUBLE AS commerce__orders
    FROM sold GROUP BY loan_id
),
posted AS (
    SELECT s.loan_id, p.*, date_diff('month', p.month, date_trunc('month', s.day)) AS age
    FROM spine s JOIN parcels p ON p.member_id = s.member_id AND p.recorded_at < s.day
        AND p.month < date_trunc('month', s.day) AND p.month >= s.day - INTERVAL 13 MONTH
    QUALIFY row_number() OVER (PARTITION BY s.loan_id, p.month ORDER BY p.recorded_at DESC) = 1
),
logistics AS (
    SELECT loan_id,
        sum(sent)::DOUBLE AS logistics__sent_12m,
        sum(received)::DOUBLE AS logistics__received_12m,
        count(DISTINCT month)::DOUBLE AS logistics__active_months,
        (sum(received) FILTER (age <= 6) / nullif(sum(received), 0))::DOUBLE AS logistics__received_trend,
        (sum(damage_claims) / nullif(sum(fresh_sent), 0))::DOUBLE AS logistics__claim_share,
        sum(damage_claims)::DOUBLE AS logistics__claims,
        (sum(next_morning_sent) / nullif(sum(sent), 0))::DOUBLE AS logistics__next_morning_share
    FROM posted GROUP BY loan_id
),
assessed AS (
    SELECT s.loan_id, a.*
    FROM spine s JOIN assessments a ON a.member_id = s.member_id AND a.recorded_at < s.day AND a.date < s.day
    QUALIFY row_number() OVER (PARTITION BY s.loan_id, a.date, a.kind ORDER BY a.recorded_at DESC) = 1
),
information AS (
    SELECT loan_id,
        arg_max(ascii(grade), date) FILTER (kind = 'peer_review')::DOUBLE AS information__peer_grade,
        avg(ascii(grade)) FILTER (kind = 'peer_review')::DOUBLE AS information__peer_grade_mean,
        arg_max(ascii(grade), date) FILTER (kind = 'field_visit')::DOUBLE AS information__visit_grade,
        count(*) FILTER (kind = 'training')::DOUBLE AS information__trainings
    FROM assessed GROUP BY loan_id
),
accused AS (
    SELECT s.loan_id, count(*) FILTER (a.kind <> 'bureau_query')::DOUBLE AS information__adverse,
        count(*) FILTER (a.kind = 'bureau_query' AND a.date > s.day - INTERVAL 6 MONTH)::DOUBLE AS information__queries
    FROM spine s JOIN adverse_records a ON a.member_id = s.member_id AND a.recorded_at < s.day GROUP BY s.loan_id
),
reaped AS (
    SELECT s.loan_id, p.season, p.crop, p.tenure, p.area_mu, p.yield_kg_per_mu
    FROM spine s JOIN plots p ON p.member_id = s.member_id AND p.recorded_at < s.day
    QUALIFY row_number() OVER (PARTITION BY s.loan_id, p.season, p.crop, p.tenure ORDER BY p.recorded_at DESC) = 1
),
normal AS (
    SELECT season, crop, median(yield_kg_per_mu)::DOUBLE AS usual FROM plots GROUP BY season, crop
),
land AS (
    SELECT loan_id, avg(yield_kg_per_mu / usual)::DOUBLE AS information__yield_ratio,
        (sum(area_mu) / count(DISTINCT season))::DOUBLE AS information__area_mu
    FROM reaped JOIN normal USING (season, crop) GROUP BY loan_id
),
before AS (
    SELECT s.loan_id, s.day, o.loan_id AS earlier, o.disbursed_on, o.months
    FROM spine s JOIN (SELECT DISTINCT ON (loan_id) * FROM loans ORDER BY loan_id, recorded_at DESC) o
        ON o.member_id = s.member_id AND o.disbursed_on < s.day
),
reported AS (
    SELECT b.loan_id, b.earlier, r.month, r.days_past_due
    FROM before b JOIN repayments r ON r.loan_id = b.earlier AND r.recorded_at < b.day
        AND r.month < date_trunc('month', b.day)
    QUALIFY row_number() OVER (PARTITION BY b.loan_id, r.loan_id, r.month ORDER BY r.recorded_at DESC) = 1
),
by_month AS (
    SELECT loan_id, max(days_past_due)::DOUBLE AS months__worst,
        count(*) FILTER (days_past_due > 0)::DOUBLE AS months__late,
        avg((days_past_due > 0)::INT)::DOUBLE AS months__late_share,
        count(DISTINCT earlier)::DOUBLE AS months__loans, count(*)::DOUBLE AS months__on_book
    FROM reported GROUP BY loan_id
),
paid AS (
    SELECT b.loan_id, b.day, b.disbursed_on, b.months, b.earlier, i.due_on, i.paid_on, i.number,
        date_diff('day', i.due_on, least(coalesce(i.paid_on, b.day::DATE), b.day::DATE)) AS days
    FROM before b JOIN instalments i ON i.loan_id = b.earlier AND i.recorded_at < b.day
    QUALIFY row_number() OVER (PARTITION BY b.loan_id, i.loan_id, i.number ORDER BY i.recorded_at DESC) = 1
),
by_day AS (
    SELECT loan_id, avg(days)::DOUBLE AS days__mean, arg_max(days, due_on)::DOUBLE AS days__last,
        max(days)::DOUBLE AS days__worst, median(days)::DOUBLE AS days__median,
        avg((days > 0)::INT)::DOUBLE AS days__late_share, avg((days > 7)::INT)::DOUBLE AS days__late_7_share,
        date_diff('day', max(paid_on), any_value(day)::DATE)::DOUBLE AS days__gap,
        avg(date_diff('day', disbursed_on, paid_on) / (30.4 * months)) FILTER (number = 1)::DOUBLE AS days__held
    FROM paid WHERE paid_on IS NOT NULL OR due_on < day GROUP BY loan_id
)
SELECT s.loan_id, s.member_id, s.disbursed_on, s.product, s.bad,
    s.amount AS asked__amount, s.months::DOUBLE AS asked__months,
    (s.repayment IN ('equal_instalments', 'equal_principal'))::DOUBLE AS asked__along_the_way,
    (s.repayment = 'revolving')::DOUBLE AS asked__draw,
    s.amount / (capital__wages_12m + capital__remittances_12m + coalesce(capital__qr_12m, 0) + 5000) AS asked__to_income,
    * EXCLUDE (loan_id, member_id, day, disbursed_on, amount, months, repayment, product, bad)
FROM spine s
LEFT JOIN capital USING (loan_id) LEFT JOIN commerce USING (loan_id) LEFT JOIN logistics USING (loan_id)
LEFT JOIN information USING (loan_id) LEFT JOIN accused USING (loan_id) LEFT JOIN land USING (loan_id)
LEFT JOIN by_month USING (loan_id) LEFT JOIN by_day USING (loan_id)
ORDER BY s.loan_id
