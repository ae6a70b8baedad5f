import java.io.*;
import java.sql.*;
import java.time.*;
import org.postgresql.PGConnection;

/** Asks what a statement takes and answers, binds values of those types, and copies rows out. */
public class PgTypes {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], System.getenv("PGPASSWORD"))) {
            String sql = "SELECT id, day, price, count(*) OVER (), id > 1 FROM modelled.deals"
                + " WHERE day > ? AND id < ? AND price < ? AND is_open = ? AND name = ? AND at >= ?";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                ParameterMetaData taken = statement.getParameterMetaData();
                StringBuilder line = new StringBuilder("takes");
                for (int at = 1; at <= taken.getParameterCount(); at++) line.append(' ').append(taken.getParameterTypeName(at));
                System.out.println(line);
                ResultSetMetaData told = statement.getMetaData();
                line = new StringBuilder("answers");
                for (int at = 1; at <= told.getColumnCount(); at++) line.append(' ').append(told.getColumnTypeName(at));
                System.out.println(line);
                for (int round = 0; round < 6; round++) {
                    statement.setObject(1, LocalDate.of(2025, 2, 1));
                    statement.setInt(2, 3);
                    statement.setBigDecimal(3, new java.math.BigDecimal("3.5"));
                    statement.setBoolean(4, false);
                    statement.setString(5, "two");
                    statement.setObject(6, LocalDateTime.of(2025, 2, 28, 11, 30));
                    try (ResultSet rows = statement.executeQuery()) {
                        line = new StringBuilder("rows");
                        while (rows.next()) line.append(' ').append(rows.getLong(1));
                        System.out.println(line);
                    }
                }
            }
            StringWriter text = new StringWriter();
            String copy = "COPY (SELECT id, name FROM modelled.deals WHERE id < 3 ORDER BY id) TO STDOUT WITH DELIMITER '|'";
            long copied = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(copy, text);
            System.out.println("copied " + copied + " " + text.toString().trim().replace('\n', ' '));
        }
    }
}
