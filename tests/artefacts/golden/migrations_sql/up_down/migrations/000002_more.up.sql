ALTER TABLE `users` MODIFY COLUMN `kind` enum("a") NOT NULL, ADD COLUMN `age` int AFTER `id`, CHANGE `id` `uid` bigint unsigned NOT NULL AUTO_INCREMENT;
