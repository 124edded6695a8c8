-- The tables as `migrate` of python-social-auth 0.2.13 (social.apps.django_app.default), Django 1.8.19
-- left them on SQLite (social/apps/django_app/default/migrations/0001 to 0003), and which migrations it says were applied.

CREATE TABLE "django_migrations" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "applied" datetime NOT NULL
);
CREATE TABLE "django_content_type" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app_label" varchar(100) NOT NULL,
    "model" varchar(100) NOT NULL,
    UNIQUE ("app_label", "model")
);
CREATE TABLE "auth_permission" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id"),
    "codename" varchar(100) NOT NULL,
    "name" varchar(255) NOT NULL,
    UNIQUE ("content_type_id", "codename")
);
CREATE INDEX "auth_permission_417f1b1c" ON "auth_permission" ("content_type_id");
CREATE TABLE "auth_group" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" varchar(80) NOT NULL UNIQUE
);
CREATE TABLE "auth_group_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id"),
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id"),
    UNIQUE ("group_id", "permission_id")
);
CREATE INDEX "auth_group_permissions_0e939a4f" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_8373b171" ON "auth_group_permissions" ("permission_id");
CREATE TABLE "auth_user" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "password" varchar(128) NOT NULL,
    "is_superuser" bool NOT NULL,
    "username" varchar(30) NOT NULL UNIQUE,
    "first_name" varchar(30) NOT NULL,
    "last_name" varchar(30) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" bool NOT NULL,
    "is_active" bool NOT NULL,
    "date_joined" datetime NOT NULL,
    "last_login" datetime NULL
);
CREATE TABLE "auth_user_groups" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id"),
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id"),
    UNIQUE ("user_id", "group_id")
);
CREATE INDEX "auth_user_groups_0e939a4f" ON "auth_user_groups" ("group_id");
CREATE INDEX "auth_user_groups_e8701ad4" ON "auth_user_groups" ("user_id");
CREATE TABLE "auth_user_user_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id"),
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id"),
    UNIQUE ("user_id", "permission_id")
);
CREATE INDEX "auth_user_user_permissions_8373b171" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "auth_user_user_permissions_e8701ad4" ON "auth_user_user_permissions" ("user_id");
CREATE TABLE "social_auth_association" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "server_url" varchar(255) NOT NULL,
    "handle" varchar(255) NOT NULL,
    "secret" varchar(255) NOT NULL,
    "issued" integer NOT NULL,
    "lifetime" integer NOT NULL,
    "assoc_type" varchar(64) NOT NULL
);
CREATE TABLE "social_auth_code" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "code" varchar(32) NOT NULL,
    "verified" bool NOT NULL,
    "email" varchar(254) NOT NULL,
    UNIQUE ("email", "code")
);
CREATE INDEX "social_auth_code_c1336794" ON "social_auth_code" ("code");
CREATE TABLE "social_auth_nonce" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "server_url" varchar(255) NOT NULL,
    "timestamp" integer NOT NULL,
    "salt" varchar(65) NOT NULL,
    UNIQUE ("server_url", "timestamp", "salt")
);
CREATE TABLE "social_auth_usersocialauth" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "provider" varchar(32) NOT NULL,
    "uid" varchar(255) NOT NULL,
    "extra_data" text NOT NULL,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id"),
    UNIQUE ("provider", "uid")
);
CREATE INDEX "social_auth_usersocialauth_e8701ad4" ON "social_auth_usersocialauth" ("user_id");

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES
    ('contenttypes', '0001_initial', '2015-06-01 00:00:00+00:00'),
    ('contenttypes', '0002_remove_content_type_name', '2015-06-01 00:00:00+00:00'),
    ('auth', '0001_initial', '2015-06-01 00:00:00+00:00'),
    ('auth', '0002_alter_permission_name_max_length', '2015-06-01 00:00:00+00:00'),
    ('auth', '0003_alter_user_email_max_length', '2015-06-01 00:00:00+00:00'),
    ('auth', '0004_alter_user_username_opts', '2015-06-01 00:00:00+00:00'),
    ('auth', '0005_alter_user_last_login_null', '2015-06-01 00:00:00+00:00'),
    ('auth', '0006_require_contenttypes_0002', '2015-06-01 00:00:00+00:00'),
    ('default', '0001_initial', '2015-06-01 00:00:00+00:00'),
    ('default', '0002_add_related_name', '2015-06-01 00:00:00+00:00'),
    ('default', '0003_alter_email_max_length', '2015-06-01 00:00:00+00:00');
