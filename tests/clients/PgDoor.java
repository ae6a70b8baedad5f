import java.sql.*;
import java.util.*;

/** Walks through the catalogue as tools do, and reads rows: one line for each thing that it is told. */
public class PgDoor {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        // Otherwise the address names him.
        if (!arguments[1].isEmpty()) properties.setProperty("user", arguments[1]);
        properties.setProperty("password", System.getenv("PGPASSWORD"));
        try (Connection connection = DriverManager.getConnection(arguments[0], properties)) {
            DatabaseMetaData told = connection.getMetaData();
            System.out.println("product " + told.getDatabaseProductName());
            try (ResultSet rows = told.getSchemas()) {
                while (rows.next()) System.out.println("schema " + rows.getString("TABLE_SCHEM"));
            }
            try (ResultSet rows = told.getTables(null, "customers", "%", new String[] {"TABLE", "VIEW"})) {
                while (rows.next()) System.out.println("table " + rows.getString("TABLE_NAME") + " " + rows.getString("TABLE_TYPE"));
            }
            try (ResultSet rows = told.getColumns(null, "customers", "customer", "%")) {
                while (rows.next()) {
                    System.out.println("column " + rows.getString("COLUMN_NAME") + " " + rows.getString("TYPE_NAME") + " " + rows.getInt("DATA_TYPE"));
                }
            }
            try (ResultSet rows = told.getPrimaryKeys(null, "customers", "customer")) {
                while (rows.next()) System.out.println("key " + rows.getString("COLUMN_NAME"));
            }
            String sql = "SELECT id, region FROM customers.customer WHERE region = ? ORDER BY id";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                // The driver prepares it on the server from the fifth time on, and takes numbers in binary then.
                for (int round = 0; round < 7; round++) {
                    statement.setString(1, "EU");
                    try (ResultSet rows = statement.executeQuery()) {
                        if (statement.getWarnings() != null) System.out.println("warned " + statement.getWarnings().getMessage());
                        StringBuilder line = new StringBuilder("rows");
                        while (rows.next()) line.append(' ').append(rows.getLong(1)).append(rows.getString(2));
                        System.out.println(line);
                    }
                }
            }
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT id, password_hash FROM customers.customer ORDER BY id")) {
                while (rows.next()) System.out.println("hash " + rows.getLong(1) + " " + rows.getString(2));
            }
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("DELETE FROM customers.customer");
            } catch (SQLException refused) {
                System.out.println("refused " + refused.getSQLState());
            }
            connection.rollback();
        }
    }
}
