import java.sql.*;

/** Counts rows since a day and since a moment, bound as Java's own types. */
public class PgDays {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], System.getenv("PGPASSWORD"))) {
            for (String column : new String[] {"ordered_on", "paid_at"}) {
                String sql = "SELECT count(*) FROM modelled.orders WHERE " + column + " >= ?";
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                    // The driver prepares it on the server from the fifth time on.
                    for (int round = 0; round < 7; round++) {
                        statement.setDate(1, Date.valueOf("2025-01-31"));
                        count(column + " day", statement);
                        statement.setTimestamp(1, Timestamp.valueOf("2025-01-31 09:30:00"));
                        count(column + " moment", statement);
                        statement.setObject(1, java.time.LocalDateTime.of(2025, 1, 31, 9, 30));
                        count(column + " typed moment", statement);
                        statement.setObject(1, java.time.OffsetDateTime.parse("2025-01-31T00:30:00+01:00"));
                        count(column + " zoned moment", statement);
                    }
                }
            }
        }
    }

    private static void count(String what, PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            System.out.println(what + " " + rows.getLong("count"));
        }
    }
}
