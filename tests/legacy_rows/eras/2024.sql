-- The tables as `migrate` of social-auth-app-django 5.4.2, social-auth-core 4.5.4, Django 4.2.16
-- left them on SQLite (social_django/migrations/0001 to 0016), and which migrations it says were applied.

CREATE TABLE "django_migrations" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "applied" datetime NOT NULL
);
CREATE TABLE "django_content_type" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app_label" varchar(100) NOT NULL,
    "model" varchar(100) NOT NULL
);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE TABLE "auth_permission" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED,
    "codename" varchar(100) NOT NULL,
    "name" varchar(255) NOT NULL
);
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE TABLE "auth_group" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" varchar(150) NOT NULL UNIQUE
);
CREATE TABLE "auth_group_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE TABLE "auth_user" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "password" varchar(128) NOT NULL,
    "last_login" datetime NULL,
    "is_superuser" bool NOT NULL,
    "username" varchar(150) NOT NULL UNIQUE,
    "last_name" varchar(150) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" bool NOT NULL,
    "is_active" bool NOT NULL,
    "date_joined" datetime NOT NULL,
    "first_name" varchar(150) NOT NULL
);
CREATE TABLE "auth_user_groups" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE TABLE "auth_user_user_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");
CREATE TABLE "social_auth_association" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "server_url" varchar(255) NOT NULL,
    "handle" varchar(255) NOT NULL,
    "secret" varchar(255) NOT NULL,
    "issued" integer NOT NULL,
    "lifetime" integer NOT NULL,
    "assoc_type" varchar(64) NOT NULL
);
CREATE UNIQUE INDEX "social_auth_association_server_url_handle_078befa2_uniq" ON "social_auth_association" ("server_url", "handle");
CREATE TABLE "social_auth_code" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" varchar(254) NOT NULL,
    "code" varchar(32) NOT NULL,
    "verified" bool NOT NULL,
    "timestamp" datetime NOT NULL
);
CREATE INDEX "social_auth_code_code_a2393167" ON "social_auth_code" ("code");
CREATE UNIQUE INDEX "social_auth_code_email_code_801b2d02_uniq" ON "social_auth_code" ("email", "code");
CREATE INDEX "social_auth_code_timestamp_176b341f" ON "social_auth_code" ("timestamp");
CREATE TABLE "social_auth_nonce" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "server_url" varchar(255) NOT NULL,
    "timestamp" integer NOT NULL,
    "salt" varchar(65) NOT NULL
);
CREATE UNIQUE INDEX "social_auth_nonce_server_url_timestamp_salt_f6284463_uniq" ON "social_auth_nonce" ("server_url", "timestamp", "salt");
CREATE TABLE "social_auth_partial" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "token" varchar(32) NOT NULL,
    "next_step" smallint unsigned NOT NULL CHECK ("next_step" >= 0),
    "backend" varchar(32) NOT NULL,
    "timestamp" datetime NOT NULL,
    "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL))
);
CREATE INDEX "social_auth_partial_timestamp_50f2119f" ON "social_auth_partial" ("timestamp");
CREATE INDEX "social_auth_partial_token_3017fea3" ON "social_auth_partial" ("token");
CREATE TABLE "social_auth_usersocialauth" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "provider" varchar(32) NOT NULL,
    "uid" varchar(255) NOT NULL,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "extra_data" text NOT NULL CHECK ((JSON_VALID("extra_data") OR "extra_data" IS NULL))
);
CREATE UNIQUE INDEX "social_auth_usersocialauth_provider_uid_e6b5e668_uniq" ON "social_auth_usersocialauth" ("provider", "uid");
CREATE INDEX "social_auth_usersocialauth_uid_796e51dc" ON "social_auth_usersocialauth" ("uid");
CREATE INDEX "social_auth_usersocialauth_user_id_17d28448" ON "social_auth_usersocialauth" ("user_id");

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES
    ('contenttypes', '0001_initial', '2024-06-01 00:00:00+00:00'),
    ('contenttypes', '0002_remove_content_type_name', '2024-06-01 00:00:00+00:00'),
    ('auth', '0001_initial', '2024-06-01 00:00:00+00:00'),
    ('auth', '0002_alter_permission_name_max_length', '2024-06-01 00:00:00+00:00'),
    ('auth', '0003_alter_user_email_max_length', '2024-06-01 00:00:00+00:00'),
    ('auth', '0004_alter_user_username_opts', '2024-06-01 00:00:00+00:00'),
    ('auth', '0005_alter_user_last_login_null', '2024-06-01 00:00:00+00:00'),
    ('auth', '0006_require_contenttypes_0002', '2024-06-01 00:00:00+00:00'),
    ('auth', '0007_alter_validators_add_error_messages', '2024-06-01 00:00:00+00:00'),
    ('auth', '0008_alter_user_username_max_length', '2024-06-01 00:00:00+00:00'),
    ('auth', '0009_alter_user_last_name_max_length', '2024-06-01 00:00:00+00:00'),
    ('auth', '0010_alter_group_name_max_length', '2024-06-01 00:00:00+00:00'),
    ('auth', '0011_update_proxy_permissions', '2024-06-01 00:00:00+00:00'),
    ('auth', '0012_alter_user_first_name_max_length', '2024-06-01 00:00:00+00:00'),
    ('default', '0001_initial', '2024-06-01 00:00:00+00:00'),
    ('social_auth', '0001_initial', '2024-06-01 00:00:00+00:00'),
    ('default', '0002_add_related_name', '2024-06-01 00:00:00+00:00'),
    ('social_auth', '0002_add_related_name', '2024-06-01 00:00:00+00:00'),
    ('default', '0003_alter_email_max_length', '2024-06-01 00:00:00+00:00'),
    ('social_auth', '0003_alter_email_max_length', '2024-06-01 00:00:00+00:00'),
    ('default', '0004_auto_20160423_0400', '2024-06-01 00:00:00+00:00'),
    ('social_auth', '0004_auto_20160423_0400', '2024-06-01 00:00:00+00:00'),
    ('social_auth', '0005_auto_20160727_2333', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0006_partial', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0007_code_timestamp', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0008_partial_timestamp', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0009_auto_20191118_0520', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0010_uid_db_index', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0011_alter_id_fields', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0012_usersocialauth_extra_data_new', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0013_migrate_extra_data', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0014_remove_usersocialauth_extra_data', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0015_rename_extra_data_new_usersocialauth_extra_data', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0016_alter_usersocialauth_extra_data', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0005_auto_20160727_2333', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0004_auto_20160423_0400', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0002_add_related_name', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0003_alter_email_max_length', '2024-06-01 00:00:00+00:00'),
    ('social_django', '0001_initial', '2024-06-01 00:00:00+00:00');
