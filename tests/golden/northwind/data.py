"""Northwind: the well-known trading schema (snake_case, as the PostgreSQL and dbt ports have it), rows generated."""
import random
from datetime import date, timedelta

#: What it is there for is how models of others are read; how systems differ, the other sets show.
SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE categories (
  category_id INTEGER NOT NULL PRIMARY KEY,
  category_name VARCHAR(40) NOT NULL,
  description VARCHAR(120)
)""",
    """CREATE TABLE suppliers (
  supplier_id INTEGER NOT NULL PRIMARY KEY,
  company_name VARCHAR(60) NOT NULL,
  contact_name VARCHAR(60),
  city VARCHAR(40),
  region VARCHAR(40),
  country VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE products (
  product_id INTEGER NOT NULL PRIMARY KEY,
  product_name VARCHAR(60) NOT NULL,
  supplier_id INTEGER NOT NULL,
  category_id INTEGER NOT NULL,
  quantity_per_unit VARCHAR(40),
  unit_price NUMERIC(12,2) NOT NULL,
  units_in_stock INTEGER NOT NULL,
  units_on_order INTEGER NOT NULL,
  reorder_level INTEGER NOT NULL,
  discontinued INTEGER NOT NULL,
  FOREIGN KEY (supplier_id) REFERENCES suppliers (supplier_id),
  FOREIGN KEY (category_id) REFERENCES categories (category_id)
)""",
    """CREATE TABLE customers (
  customer_id VARCHAR(5) NOT NULL PRIMARY KEY,
  company_name VARCHAR(60) NOT NULL,
  contact_name VARCHAR(60),
  contact_title VARCHAR(40),
  city VARCHAR(40),
  region VARCHAR(40),
  postal_code VARCHAR(12),
  country VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE employees (
  employee_id INTEGER NOT NULL PRIMARY KEY,
  last_name VARCHAR(40) NOT NULL,
  first_name VARCHAR(40) NOT NULL,
  title VARCHAR(40),
  birth_date DATE,
  hire_date DATE,
  city VARCHAR(40),
  region VARCHAR(40),
  country VARCHAR(40),
  reports_to INTEGER,
  FOREIGN KEY (reports_to) REFERENCES employees (employee_id)
)""",
    """CREATE TABLE shippers (
  shipper_id INTEGER NOT NULL PRIMARY KEY,
  company_name VARCHAR(60) NOT NULL,
  phone VARCHAR(24)
)""",
    """CREATE TABLE orders (
  order_id INTEGER NOT NULL PRIMARY KEY,
  customer_id VARCHAR(5) NOT NULL,
  employee_id INTEGER NOT NULL,
  order_date DATE NOT NULL,
  required_date DATE NOT NULL,
  shipped_date DATE,
  ship_via INTEGER,
  freight NUMERIC(12,2) NOT NULL,
  ship_city VARCHAR(40),
  ship_region VARCHAR(40),
  ship_country VARCHAR(40) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id),
  FOREIGN KEY (employee_id) REFERENCES employees (employee_id),
  FOREIGN KEY (ship_via) REFERENCES shippers (shipper_id)
)""",
    """CREATE TABLE order_details (
  order_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  unit_price NUMERIC(12,2) NOT NULL,
  quantity INTEGER NOT NULL,
  discount NUMERIC(12,2) NOT NULL,
  PRIMARY KEY (order_id, product_id),
  FOREIGN KEY (order_id) REFERENCES orders (order_id),
  FOREIGN KEY (product_id) REFERENCES products (product_id)
)""",
    """CREATE TABLE purchase_orders (
  purchase_order_id INTEGER NOT NULL PRIMARY KEY,
  supplier_id INTEGER NOT NULL,
  employee_id INTEGER NOT NULL,
  submitted_date DATE NOT NULL,
  received_date DATE,
  status VARCHAR(20) NOT NULL,
  payment_amount NUMERIC(12,2) NOT NULL,
  shipping_fee NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (supplier_id) REFERENCES suppliers (supplier_id),
  FOREIGN KEY (employee_id) REFERENCES employees (employee_id)
)""",
]

CATEGORIES = [
    (1, "Beverages", "Soft drinks, coffees, teas, beers, and ales"),
    (2, "Condiments", "Sweet and savory sauces, relishes, spreads, and seasonings"),
    (3, "Confections", "Desserts, candies, and sweet breads"),
    (4, "Dairy Products", "Cheeses"),
    (5, "Grains/Cereals", "Breads, crackers, pasta, and cereal"),
    (6, "Meat/Poultry", "Prepared meats"),
    (7, "Produce", "Dried fruit and bean curd"),
    (8, "Seafood", "Seaweed and fish"),
    (9, "Organic Baby Food", None),          # new, nothing in it yet
]
SUPPLIERS = [
    ("Exotic Liquids", "Charlotte Cooper", "London", None, "UK"),
    ("Bayou Spice House", "Shelley Burke", "New Orleans", "LA", "USA"),
    ("Grandma Kelly's Homestead", "Regina Murphy", "Ann Arbor", "MI", "USA"),
    ("Tokyo Traders", "Yoshi Nagase", "Tokyo", None, "Japan"),
    ("Quesos Las Cabras", "Antonio del Valle", "Oviedo", "Asturias", "Spain"),
    ("Mayumi's", "Mayumi Ohno", "Osaka", None, "Japan"),
    ("Pavlova & Sons", "Ian Devling", "Melbourne", "Victoria", "Australia"),
    ("Bäckerei Brot 1887", "Lars Peterson", "Berlin", None, "Germany"),
    ("Refrescos Amazônia", "Carlos Diaz", "São Paulo", "SP", "Brazil"),
    ("Heli Süßwaren", "Petra Winkler", "Berlin", None, "Germany"),
    ("Nord-Ost-Fisch", "Sven Petersen", "Cuxhaven", None, "Germany"),
    ("Formaggi Fortini", "Elio Rossi", "Ravenna", None, "Italy"),
    ("Norske Meierier", "Beate Vileid", "Sandvika", None, "Norway"),
    ("Karkki Oy", "Anne Heikkonen", "Lappeenranta", None, "Finland"),
    ("Lyngbysild", "Niels Petersen", "Lyngby", None, "Denmark"),
    ("Ma Maison", "Jean-Guy Lauzon", "Montréal", "QC", "Canada"),
    ("Pasta Buttini", "Giovanni Giudici", "Salerno", None, "Italy"),
    ("Forêts d'érables", "Chantal Goulet", "Montréal", "QC", "Canada"),
    ("Productores del Sureste", "Elena Vargas", "Mérida", "Yucatán", "Mexico"),
    ("New England Cannery 2", "Robb Merchant", "Boston", "MA", "USA"),
    ("Zaanse Snoepfabriek", None, "Zaandam", None, "Netherlands"),      # no products
]
# product, supplier, category, pack, price, discontinued
PRODUCTS = [
    ("Chai", 1, 1, "10 boxes x 20 bags", 18.0, 0), ("Chang", 1, 1, "24 - 12 oz bottles", 19.0, 0),
    ("Aniseed Syrup", 1, 2, "12 - 550 ml bottles", 10.25, 0), ("Guaraná Fantástica", 9, 1, "12 - 355 ml cans", 4.5, 0),
    ("Cold Brew No. 7", 9, 1, "24 - 250 ml cans", 14.75, 0), ("Rhönbräu Pils", 8, 1, "24 - 0.5 l bottles", 7.75, 0),
    ("Steeleye Stout", 1, 1, "24 - 12 oz bottles", 18.5, 0), ("Côte de Blaye", 16, 1, "12 - 75 cl bottles", 263.5, 0),
    ("Ipoh Coffee", 4, 1, "16 - 500 g tins", 46.0, 0), ("Lakkalikööri", 14, 1, "500 ml", 18.2, 0),
    ("Green Tea 100", 6, 1, "100 bags", 12.4, 0), ("Root Beer Classic", 3, 1, "24 - 12 oz cans", 9.3, 1),
    ("Cajun Seasoning", 2, 2, "48 - 6 oz jars", 22.0, 0), ("Gumbo Mix", 2, 2, "36 boxes", 21.35, 1),
    ("Boysenberry Spread", 3, 2, "12 - 8 oz jars", 25.0, 0), ("Northwoods Cranberry Sauce", 3, 2, "12 - 12 oz jars", 40.0, 0),
    ("Genen Shouyu", 6, 2, "24 - 250 ml bottles", 15.5, 0), ("Sirop d'érable", 18, 2, "24 - 500 ml bottles", 28.5, 0),
    ("Louisiana Hot Sauce", 2, 2, "32 - 8 oz bottles", 21.05, 0), ("Mole Poblano", 19, 2, "12 - 400 g jars", 17.6, 0),
    ("Pavlova", 7, 3, "32 - 500 g boxes", 17.45, 0), ("Chocolade Puur", 14, 3, "10 pkgs", 12.75, 0),
    ("Maxilaku", 14, 3, "24 - 50 g pkgs", 20.0, 0), ("Gummibären Deluxe", 10, 3, "100 - 250 g bags", 31.23, 0),
    ("Schoggi 70", 10, 3, "100 - 100 g pieces", 43.9, 0), ("Tarte au sucre", 18, 3, "48 pies", 49.3, 0),
    ("Sir Rodney's Scones", 7, 3, "24 pkgs x 4 pieces", 10.0, 0), ("Zimtsterne", 10, 3, "30 boxes", 11.9, 0),
    ("Valkoinen Suklaa", 14, 3, "12 - 100 g bars", 16.25, 1),
    ("Queso Cabrales", 5, 4, "1 kg pkg", 21.0, 0), ("Queso Manchego", 5, 4, "10 - 500 g pkgs", 38.0, 0),
    ("Gorgonzola Nera", 12, 4, "12 - 100 g pkgs", 12.5, 0), ("Mascarpone Fortini", 12, 4, "24 - 200 g pkgs", 32.0, 0),
    ("Mozzarella di Bufala", 12, 4, "24 - 200 g pkgs", 34.8, 0), ("Geitost", 13, 4, "500 g", 2.5, 0),
    ("Flotemysost", 13, 4, "10 - 500 g pkgs", 21.5, 0), ("Gudbrandsdalsost", 13, 4, "10 kg pkg", 36.0, 0),
    ("Raclette Courdavault", 16, 4, "5 kg pkg", 55.0, 0),
    ("Ravioli Angelo", 17, 5, "24 - 250 g pkgs", 19.5, 0), ("Gnocchi di Nonna", 17, 5, "24 - 250 g pkgs", 38.4, 0),
    ("Knäckebröd 12", 8, 5, "24 - 500 g pkgs", 21.0, 0), ("Tunnbröd", 8, 5, "12 - 250 g pkgs", 9.0, 0),
    ("Wimmers Semmelknödel", 8, 5, "20 bags x 4 pieces", 33.25, 0), ("Singapore Noodles", 4, 5, "32 - 1 kg pkgs", 14.0, 1),
    ("Mishi Beef", 4, 6, "18 - 500 g pkgs", 97.0, 1), ("Alice Mutton", 7, 6, "20 - 1 kg tins", 39.0, 0),
    ("Pâté chinois", 16, 6, "24 boxes x 2 pies", 24.3, 0), ("Tourtière", 16, 6, "16 pies", 7.45, 0),
    ("Thüringer Rostbratwurst", 8, 6, "50 bags x 30 sausages", 123.79, 0),
    ("Dried Pears", 3, 7, "12 - 1 lb pkgs", 30.0, 0), ("Tofu", 6, 7, "40 - 100 g pkgs", 23.25, 0),
    ("Longlife Tofu", 4, 7, "5 kg pkg", 10.1, 0), ("Manjimup Apples", 7, 7, "50 - 300 g pkgs", 53.0, 0),
    ("Rössle Sauerkraut", 8, 7, "25 - 825 g cans", 45.6, 0),
    ("Ikura", 4, 8, "12 - 200 ml jars", 31.0, 0), ("Konbu", 6, 8, "2 kg box", 6.05, 0),
    ("Carnarvon Tigers", 7, 8, "16 kg pkg", 62.5, 0), ("Nord-Ost Matjeshering", 11, 8, "10 - 200 g glasses", 25.89, 0),
    ("Inlagd Sill", 15, 8, "24 - 250 g jars", 19.15, 0), ("Gravad Lax", 15, 8, "12 - 500 g pkgs", 26.4, 0),
    ("Boston Crab Meat", 20, 8, "24 - 4 oz tins", 18.4, 0), ("Clam Chowder 12", 20, 8, "12 - 12 oz cans", 9.65, 0),
    ("Rød Kaviar", 15, 8, "24 - 150 g jars", 15.15, 0), ("Seaweed Crisps", 6, 8, "30 bags", 8.85, 0),
]
NEVER_ORDERED = {"Seaweed Crisps", "Zimtsterne"}
# id, company, contact, contact title, city, region, postal code, country, weight
CUSTOMERS = [
    ("ADLER", "Adler Feinkost", "Maria Anders", "Sales Representative", "Berlin", None, "12209", "Germany", 9),
    ("BLAUS", "Blauer See Delikatessen", "Hanna Moos", "Sales Representative", "Mannheim", None, "68306", "Germany", 3),
    ("DRACH", "Drachenblut Spezialitäten", "Sven Ottlieb", "Order Administrator", "Aachen", None, "52066", "Germany", 4),
    ("FRANK", "Frankenversand", "Peter Franken", "Marketing Manager", "München", None, "80805", "Germany", 8),
    ("KOENE", "Königlich Essen", "Philip Cramer", "Sales Associate", "Brandenburg", None, "14776", "Germany", 7),
    ("LEHMS", "Lehmanns Marktstand", "Renate Messner", "Sales Representative", "Frankfurt", None, "60528", "Germany", 8),
    ("QUICK", "QUICK-Stop", "Horst Kloss", "Accounting Manager", "Cunewalde", None, "01307", "Germany", 17),
    ("TOMSP", "Toms Spezialitäten", "Karin Josephs", "Marketing Manager", "Münster", None, "44087", "Germany", 3),
    ("OTTIK", "Ottilies Käseladen", "Henriette Pfalzheim", "Owner", "Köln", None, "50739", "Germany", 5),
    ("WANDK", "Die Wandernde Kuh", "Rita Müller", "Sales Representative", "Stuttgart", None, "70563", "Germany", 4),
    ("BLOND", "Blondel père et fils", "Frédérique Citeaux", "Marketing Manager", "Strasbourg", None, "67000", "France", 7),
    ("BONAP", "Bon app'", "Laurence Lebihan", "Owner", "Marseille", None, "13008", "France", 8),
    ("FOLIG", "Folies gourmandes", "Martine Rancé", "Assistant Sales Agent", "Lille", None, "59000", "France", 3),
    ("LAMAI", "La maison d'Asie", "Annette Roulet", "Sales Manager", "Toulouse", None, "31000", "France", 6),
    ("SPECD", "Spécialités du monde", "Dominique Perrier", "Marketing Manager", "Paris", None, "75016", "France", 3),
    ("VICTE", "Victuailles en stock", "Mary Saveley", "Sales Agent", "Lyon", None, "69004", "France", 5),
    ("PARIS", "Paris spécialités", "Marie Bertrand", "Owner", "Paris", None, "75012", "France", 0),
    ("AROUT", "Around the Horn", "Thomas Hardy", "Sales Representative", "London", None, "WA1 1DP", "UK", 7),
    ("BSBEV", "B's Beverages", "Victoria Ashworth", "Sales Representative", "London", None, "EC2 5NT", "UK", 5),
    ("CONSH", "Consolidated Holdings", "Elizabeth Brown", "Sales Representative", "London", None, "WX1 6LT", "UK", 2),
    ("EASTC", "Eastern Connection", "Ann Devon", "Sales Agent", "London", None, "WX3 6FW", "UK", 4),
    ("ISLAT", "Island Trading", "Helen Bennett", "Marketing Manager", "Cowes", "Isle of Wight", "PO31 7PJ", "UK", 4),
    ("NORTS", "North/South", "Simon Crowther", "Sales Associate", "London", None, "SW7 1RZ", "UK", 2),
    ("SEVES", "Seven Seas Imports", "Hari Kumar", "Sales Manager", "London", None, "OX15 4NB", "UK", 5),
    ("ANATR", "Ana Trujillo Emparedados", "Ana Trujillo", "Owner", "México D.F.", None, "05021", "Mexico", 3),
    ("ANTON", "Antonio Moreno Taquería", "Antonio Moreno", "Owner", "México D.F.", None, "05023", "Mexico", 4),
    ("CENTC", "Centro comercial Moctezuma", "Francisco Chang", "Marketing Manager", "México D.F.", None, "05022", "Mexico", 1),
    ("PERIC", "Pericles Comidas clásicas", "Guillermo Fernández", "Sales Representative", "Puebla", None, "72000", "Mexico", 3),
    ("TORTU", "Tortuga 24", "Miguel Angel Paolino", "Owner", "Mérida", "Yucatán", "97000", "Mexico", 5),
    ("BERGS", "Berglunds snabbköp", "Christina Berglund", "Order Administrator", "Luleå", None, "S-958 22", "Sweden", 9),
    ("FOLKO", "Folk och fä HB", "Maria Larsson", "Owner", "Bräcke", None, "S-844 67", "Sweden", 9),
    ("BOLID", "Bólido Comidas preparadas", "Martín Sommer", "Owner", "Madrid", None, "28023", "Spain", 2),
    ("FISSA", "FISSA Fabrica Inter. Salchichas", "Diego Roel", "Accounting Manager", "Madrid", None, "28034", "Spain", 0),
    ("GALED", "Galería del gastrónomo", "Eduardo Saavedra", "Marketing Manager", "Barcelona", None, "08022", "Spain", 2),
    ("GODOS", "Godos Cocina Típica", "José Pedro Freyre", "Sales Manager", "Sevilla", None, "41101", "Spain", 4),
    ("CACTU", "Cactus Comidas para llevar", "Patricio Simpson", "Sales Agent", "Buenos Aires", None, "1010", "Argentina", 2),
    ("RANCH", "Rancho grande", "Sergio Gutiérrez", "Sales Representative", "Buenos Aires", None, "1010", "Argentina", 2),
    ("CNAND", "Café Ñandú", "Yvonne Moncada", "Sales Agent", "Córdoba", None, "5000", "Argentina", 5),
    ("COMMI", "Comércio Mineiro", "Pedro Afonso", "Sales Associate", "São Paulo", "SP", "05432-043", "Brazil", 3),
    ("FAMIA", "Familia Arquibaldo", "Aria Cruz", "Marketing Assistant", "São Paulo", "SP", "05442-030", "Brazil", 4),
    ("HANAR", "Hanari Carnes", "Mario Pontes", "Accounting Manager", "Rio de Janeiro", "RJ", "05454-876", "Brazil", 8),
    ("QUEDE", "Que Delícia", "Bernardo Batista", "Accounting Manager", "Rio de Janeiro", "RJ", "02389-673", "Brazil", 5),
    ("RICAR", "Ricardo Adocicados", "Janete Limeira", "Assistant Sales Agent", "Rio de Janeiro", "RJ", "02389-890", "Brazil", 6),
    ("TRADH", "Tradição Hipermercados", "Anabela Domingues", "Sales Representative", "São Paulo", "SP", "05634-030", "Brazil", 3),
    ("WELLI", "Wellington Importadora", "Paula Parente", "Sales Manager", "Resende", "SP", "08737-363", "Brazil", 4),
    ("BOTTM", "Bottom-Dollar Markets", "Elizabeth Lincoln", "Accounting Manager", "Tsawwassen", "BC", "T2F 8M4", "Canada", 8),
    ("LAUGB", "Laughing Bacchus Wine Cellars", "Yoshi Tannamuri", "Marketing Assistant", "Vancouver", "BC", "V3F 2K1", "Canada", 2),
    ("MEREP", "Mère Paillarde", "Jean Fresnière", "Marketing Assistant", "Montréal", "QC", "H1J 1C3", "Canada", 8),
    ("CHOPS", "Chop-suey Chinese", "Yang Wang", "Owner", "Bern", None, "3012", "Switzerland", 4),
    ("RICSU", "Richter Supermarkt", "Michael Holz", "Sales Manager", "Genève", None, "1203", "Switzerland", 7),
    ("ERNSH", "Ernst Handel", "Roland Mendel", "Sales Manager", "Graz", None, "8010", "Austria", 18),
    ("PICCO", "Piccolo und mehr", "Georg Pipps", "Sales Manager", "Salzburg", None, "5020", "Austria", 6),
    ("MAGAA", "Magazzini Alimentari Riuniti", "Giovanni Rovelli", "Marketing Manager", "Bergamo", None, "24100", "Italy", 5),
    ("REGGC", "Reggiani Caseifici", "Maurizio Moroni", "Sales Associate", "Reggio Emilia", None, "42100", "Italy", 4),
    ("FRANS", "Franchi S.p.A.", "Elio Rossi", "Sales Representative", "Torino", None, "10100", "Italy", 2),
    ("MAISD", "Maison Dewey", "Catherine Dewey", "Sales Agent", "Bruxelles", None, "B-1180", "Belgium", 4),
    ("SUPRD", "Suprêmes délices", "Pascale Cartrain", "Accounting Manager", "Charleroi", None, "B-6000", "Belgium", 6),
    ("SANTG", "Santé Gourmet", "Jonas Bergulfsen", "Owner", "Stavern", None, "4110", "Norway", 3),
    ("SIMOB", "Simons bistro", "Jytte Petersen", "Owner", "København", None, "1734", "Denmark", 4),
    ("VAFFE", "Vaffeljernet", "Palle Ibsen", "Sales Manager", "Århus", None, "8200", "Denmark", 6),
    ("WARTH", "Wartian Herkku", "Pirkko Koskitalo", "Accounting Manager", "Oulu", None, "90110", "Finland", 6),
    ("WILMK", "Wilman Kala", "Matti Karttunen", "Owner", "Helsinki", None, "21240", "Finland", 3),
    ("KARKK", "Karkki Oy", "Anne Heikkonen", "Owner", "Lappeenranta", None, "53120", "Finland", 4),
    ("FURIB", "Furia Bacalhau", "Lino Rodriguez", "Sales Manager", "Lisboa", None, "1675", "Portugal", 4),
    ("PRINI", "Princesa Isabel Vinhos", "Isabel de Castro", "Sales Representative", "Lisboa", None, "1756", "Portugal", 3),
    ("WOLZA", "Wolski Zajazd", "Zbyszek Piestrzeniewicz", "Owner", "Warszawa", None, "01-012", "Poland", 3),
    ("HUNGO", "Hungry Owl All-Night Grocers", "Patricia McKenna", "Sales Associate", "Cork", "Co. Cork", None, "Ireland", 10),
    ("GROSR", "GROSELLA-Restaurante", "Manuel Pereira", "Owner", "Caracas", "DF", "1081", "Venezuela", 1),
    ("HILAA", "HILARIÓN-Abastos", "Carlos Hernández", "Sales Representative", "San Cristóbal", "Táchira", "5022", "Venezuela", 8),
    ("GREAL", "Great Lakes Food Market", "Howard Snyder", "Marketing Manager", "Eugene", "OR", "97403", "USA", 6),
    ("HUNGC", "Hungry Coyote Import Store", "Yoshi Latimer", "Sales Representative", "Elgin", "OR", "97827", "USA", 2),
    ("LETSS", "Let's Stop N Shop", "Jaime Yorres", "Owner", "San Francisco", "CA", "94117", "USA", 3),
    ("OLDWO", "Old World Delicatessen", "Rene Phillips", "Sales Representative", "Anchorage", "AK", "99508", "USA", 6),
    ("RATTC", "Rattlesnake Canyon Grocery", "Paula Wilson", "Assistant Sales Agent", "Albuquerque", "NM", "87110", "USA", 10),
    ("SAVEA", "Save-a-lot Markets", "Jose Pavarotti", "Sales Representative", "Boise", "ID", "83720", "USA", 18),
    ("SPLIR", "Split Rail Beer & Ale", "Art Braunschweiger", "Sales Manager", "Lander", "WY", "82520", "USA", 4),
    ("WHITC", "White Clover Markets", "Karl Jablonski", "Owner", "Seattle", "WA", "98128", "USA", 9),
    ("LAZYK", "Lazy K Kountry Store 66", None, None, "Walla Walla", "WA", "99362", "USA", 0),
]
EMPLOYEES = [
    (1, "Davolio", "Nancy", "Sales Representative", "1988-12-08", "2019-05-01", "Seattle", "WA", "USA", 2, 13),
    (2, "Fuller", "Andrew", "Vice President, Sales", "1972-02-19", "2017-08-14", "Tacoma", "WA", "USA", None, 6),
    (3, "Leverling", "Janet", "Sales Representative", "1983-08-30", "2018-04-01", "Kirkland", "WA", "USA", 2, 15),
    (4, "Peacock", "Margaret", "Sales Representative", "1977-09-19", "2020-05-03", "Redmond", "WA", "USA", 2, 18),
    (5, "Buchanan", "Steven", "Sales Manager", "1975-03-04", "2020-10-17", "London", None, "UK", 2, 5),
    (6, "Suyama", "Michael", "Sales Representative", "1993-07-02", "2021-10-18", "London", None, "UK", 5, 8),
    (7, "King", "Robert", "Sales Representative", "1990-05-29", "2022-01-03", "London", None, "UK", 5, 10),
    (8, "Callahan", "Laura", "Inside Sales Coordinator", "1988-01-09", "2022-03-07", "Seattle", "WA", "USA", 2, 11),
    (9, "Dodsworth", "Anne", "Sales Representative", "1996-01-27", "2024-11-18", "London", None, "UK", 5, 7),
    (10, "Ødegård", "Ingrid", "Purchasing Clerk", "1998-06-11", "2025-02-03", "London", None, "UK", 5, 0),
    (11, "Nguyễn", "Minh", "Purchasing Clerk", None, "2026-09-07", "Seattle", "WA", "USA", 2, 0),
]
SHIPPERS = [(1, "Speedy Express", "(503) 555-9831"), (2, "United Package", "(503) 555-3199"),
            (3, "Federal Shipping", "(503) 555-9931"), (4, "Nordic Freight 24", None)]
CAT_WEIGHT = {1: 21, 2: 11, 3: 16, 4: 18, 5: 10, 6: 9, 7: 7, 8: 15}
LAST = date(2026, 11, 19)
NO_ORDERS = {date(2025, 11, 20), date(2025, 11, 21)}


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(19960704)
    out: dict[str, list[tuple]] = {n: [] for n in ("categories", "suppliers", "products", "customers", "employees",
                                                   "shippers", "orders", "order_details", "purchase_orders")}
    out["categories"] = list(CATEGORIES)
    out["suppliers"] = [(i, *s) for i, s in enumerate(SUPPLIERS, 1)]
    out["customers"] = [c[:8] for c in CUSTOMERS]
    out["employees"] = [e[:10] for e in sorted(EMPLOYEES, key=lambda e: (e[9] is not None, e[9] == 5, e[0]))]
    out["shippers"] = list(SHIPPERS)
    by_cat: dict[int, list[int]] = {}
    pull: dict[int, float] = {}
    for pid, (name, sup, cat, pack, price, disc) in enumerate(PRODUCTS, 1):
        reorder = rng.choice([0, 5, 10, 15, 20, 25, 30])
        stock = 0 if disc else rng.choice([0, 3, 6, 9, 13, 17, 22, 26, 36, 42, 57, 69, 86, 104, 115, 123])
        on_order = rng.choice([10, 20, 40, 60, 70, 80]) if stock < reorder and not disc and rng.random() < .7 else 0
        out["products"].append((pid, name, sup, cat, pack, price, stock, on_order, reorder, disc))
        if name not in NEVER_ORDERED:
            by_cat.setdefault(cat, []).append(pid)
            pull[pid] = .4 + 2.6 * rng.random()
    where = {c[0]: c for c in CUSTOMERS}
    # the last city of a list is where else the goods of some customers go
    elsewhere = {"QUICK": ("Berlin", None, "Germany"), "SAVEA": ("Montréal", "QC", "Canada"), "ERNSH": ("Bern", None, "Switzerland"),
                 "HUNGO": ("London", None, "UK"), "WHITC": ("Vancouver", "BC", "Canada"), "BERGS": ("Helsinki", None, "Finland"),
                 "MEREP": ("Paris", None, "France"), "TORTU": ("México D.F.", None, "Mexico"), "SUPRD": ("Luxembourg", None, "Luxembourg"),
                 "HANAR": ("São Paulo", "SP", "Brazil"), "KARKK": ("Stockholm", None, "Sweden")}
    ids = [c[0] for c in CUSTOMERS]
    weights = [c[8] for c in CUSTOMERS]
    days = []
    for year, n in ((2024, 380), (2025, 470), (2026, 530)):
        first = date(year, 1, 1)
        last = min(date(year, 12, 31), LAST)
        while n:
            d = first + timedelta(days=rng.randrange((last - first).days + 1))
            keep = {1: .8, 2: .62, 7: .7, 8: .58, 11: .95, 12: 1.0}.get(d.month, .76)
            if d in NO_ORDERS or d.weekday() == 6 or (d.weekday() == 5 and rng.random() < .8) or rng.random() > keep:
                continue
            days.append(d)
            n -= 1
    days += [date(2026, 11, 19)] * 3 + [date(2026, 11, 17), date(2026, 11, 16), date(2026, 11, 18)]
    days.sort()
    for k, d in enumerate(days):
        oid = 10248 + k
        while True:
            c = rng.choices(ids, weights)[0]
            # some came late, some went away
            if c in ("TORTU", "KARKK", "SANTG") and d < date(2025, 3, 1):
                continue
            if c in ("CENTC", "BLAUS", "NORTS", "GALED", "CONSH") and d > date(2024, 12, 20):
                continue
            break
        emp = [e for e in EMPLOYEES if e[10] and e[5] <= d.isoformat()]
        e = rng.choices([x[0] for x in emp], [x[10] for x in emp])[0]
        need = d + timedelta(days=rng.choices([14, 28, 42], [15, 75, 10])[0])
        via = rng.choices([1, 2, 3], [30, 41, 29])[0]
        if d >= date(2026, 10, 1) and rng.random() < .07:
            via = 4
        delay = rng.choices([1, 2, 4, 7, 9, 12, 20, 31, 38], [8, 14, 20, 22, 14, 9, 6, 4 + 3 * (via == 2), 3])[0]
        shipped = d + timedelta(days=delay)
        if shipped > LAST or rng.random() < .004:
            shipped = None
        if shipped is None and rng.random() < .5:
            via = None
        ship = (where[c][4], where[c][5], where[c][7])
        if c in elsewhere and rng.random() < .32:
            ship = elsewhere[c]
        big = c in ("QUICK", "ERNSH", "SAVEA", "HUNGO", "RATTC", "FRANK")
        n = rng.choices([1, 2, 3, 4, 5, 6], [20, 27, 26, 15, 8, 4])[0]
        used: set[int] = set()
        total = 0.0
        for _ in range(n):
            for _try in range(20):
                cat = rng.choices(list(CAT_WEIGHT), list(CAT_WEIGHT.values()))[0]
                p = rng.choices(by_cat[cat], [pull[x] for x in by_cat[cat]])[0]
                row = PRODUCTS[p - 1]
                if p in used or (row[5] and d > date(2025, 9, 30)):
                    continue
                if row[0] in ("Cold Brew No. 7", "Clam Chowder 12") and d < date(2025, 6, 1):
                    continue
                break
            else:
                continue
            used.add(p)
            price = round(row[4] * {2024: .8, 2025: .92}.get(d.year, 1.0), 2)
            qty = rng.choice([2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 15, 18, 20, 21, 24, 25, 28, 30, 35, 40, 42, 50])
            if big:
                qty += rng.choice([0, 10, 15, 30, 44, 60])
            disc = rng.choices([0, .05, .1, .15, .2, .25], [61, 9, 9, 8, 7, 6])[0]
            out["order_details"].append((oid, p, price, qty, disc))
            total += price * qty
        freight = round(min(2400.0, 2.5 + total * rng.choice([.01, .03, .05, .08, .12]) * (.6 + rng.random())) + rng.randrange(100) / 100, 2)
        out["orders"].append((oid, c, e, d.isoformat(), need.isoformat(), shipped.isoformat() if shipped else None, via, freight, *ship))
    buyers = [s for s in range(1, 21)]
    heavy = [5 + (s * 7) % 11 for s in buyers]
    pos = []
    for _ in range(290):
        d = date(2024, 1, 2) + timedelta(days=rng.randrange((LAST - date(2024, 1, 2)).days))
        pos.append(d)
    pos.sort()
    for i, d in enumerate(pos):
        s = rng.choices(buyers, heavy)[0]
        e = rng.choice([2, 5, 8] + ([10, 10] if d >= date(2025, 2, 3) else []) + ([11] if d >= date(2026, 9, 7) else []))
        got = d + timedelta(days=rng.choices([6, 11, 18, 27, 45], [20, 30, 27, 15, 8])[0])
        r = rng.random()
        if r < .05:
            status, got = "cancelled", None
        elif got > LAST:
            status, got = rng.choice(["submitted", "approved"]), None
        else:
            status = "closed" if got < date(2026, 10, 10) else "received"
        amount = round(150 + 5200 * rng.random() ** 2.1 + (900 if s in (16, 12, 8) else 0), 2)
        out["purchase_orders"].append((90001 + i, s, e, d.isoformat(), got.isoformat() if got else None, status,
                                       amount, round(12 + 210 * rng.random() ** 1.5, 2)))
    return out
