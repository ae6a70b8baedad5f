import java.sql.*;
import java.util.*;

/** Asks for all keys of a schema, as tools for diagrams do. */
public class PgKeys {
    static DatabaseMetaData told;

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], System.getenv("PGPASSWORD"))) {
            told = connection.getMetaData();
            List<String> tables = new ArrayList<>();
            try (ResultSet rows = told.getTables(null, "modelled", "%", new String[] {"TABLE"})) {
                while (rows.next()) tables.add(rows.getString("TABLE_NAME"));
            }
            for (String table : tables) {
                try (ResultSet rows = told.getPrimaryKeys(null, "modelled", table)) {
                    List<String> lines = new ArrayList<>();
                    while (rows.next()) lines.add(rows.getInt("KEY_SEQ") + "|" + table + " primary " + rows.getString("COLUMN_NAME") + " " + rows.getInt("KEY_SEQ") + " " + rows.getString("PK_NAME"));
                    Collections.sort(lines);
                    for (String line : lines) System.out.println(line.substring(line.indexOf('|') + 1));
                }
            }
            for (String table : tables) {
                try (ResultSet rows = told.getImportedKeys(null, "modelled", table)) {
                    while (rows.next()) {
                        System.out.println(table + " imports " + rows.getString("FKCOLUMN_NAME") + " " + rows.getString("PKTABLE_NAME") + "." + rows.getString("PKCOLUMN_NAME")
                            + " " + rows.getInt("KEY_SEQ") + " " + rows.getString("FK_NAME") + " " + rows.getString("PK_NAME"));
                    }
                }
            }
            for (String table : tables) {
                try (ResultSet rows = told.getExportedKeys(null, "modelled", table)) {
                    while (rows.next()) {
                        System.out.println(table + " exports " + rows.getString("PKCOLUMN_NAME") + " " + rows.getString("FKTABLE_NAME") + "." + rows.getString("FKCOLUMN_NAME"));
                    }
                }
            }
            try (ResultSet rows = told.getIndexInfo(null, "modelled", "regions", true, false)) {
                List<String> lines = new ArrayList<>();
                while (rows.next()) lines.add("regions unique " + rows.getString("COLUMN_NAME") + " " + rows.getString("INDEX_NAME"));
                Collections.sort(lines);
                lines.forEach(System.out::println);
            }
            try (ResultSet rows = told.getCrossReference(null, "modelled", "customers", null, "modelled", "orders")) {
                while (rows.next()) System.out.println("crossed " + rows.getString("FK_NAME"));
            }
            try (ResultSet rows = told.getBestRowIdentifier(null, "modelled", "orders", DatabaseMetaData.bestRowSession, false)) {
                while (rows.next()) System.out.println("best " + rows.getString("COLUMN_NAME"));
            }
        }
    }
}
