CREATE TABLE `users` (`id` int unsigned NOT NULL AUTO_INCREMENT, `kind` enum("a","b") DEFAULT "a", PRIMARY KEY (`id`)) ENGINE=InnoDB;
