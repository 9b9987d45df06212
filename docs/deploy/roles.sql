-- Once, as a superuser: psql -v owner_password=… -v app_password=… -f roles.sql
CREATE ROLE rushes_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE rushes_app LOGIN PASSWORD :'app_password';
CREATE DATABASE rushes OWNER rushes_owner;
REVOKE ALL ON DATABASE rushes FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE rushes TO rushes_app;
