//! Questions about what is computed of the fields of one row: weekdays, days between two dates, differences.

use crate::chat_asked::check;

#[test]
fn what_fields_come_to_is_asked_as_fields_are() {
    check(&[
        (
            "orders by weekday",
            "SELECT CASE strftime('%w', order_date) WHEN '0' THEN 'Sunday' WHEN '1' THEN 'Monday' WHEN '2' THEN 'Tuesday'
             WHEN '3' THEN 'Wednesday' WHEN '4' THEN 'Thursday' WHEN '5' THEN 'Friday' ELSE 'Saturday' END, COUNT(*)
             FROM orders GROUP BY 1",
        ),
        (
            "difference between the highest and the lowest amount by channel",
            "SELECT channel, MAX(amount) - MIN(amount) FROM orders GROUP BY 1",
        ),
        (
            "average days between opened on and closed on by priority",
            "SELECT priority, AVG(julianday(closed_on) - julianday(opened_on)) FROM tickets GROUP BY 1",
        ),
        ("unclosed tickets", "SELECT ticket_id FROM tickets WHERE closed_on IS NULL"),
    ]);
}
