SET NOCOUNT ON
GO
CREATE TABLE [dbo].[Orders] ([Id] INT IDENTITY(1,1) PRIMARY KEY, [Total] DECIMAL(10,2) NULL)
GO
CREATE VIEW [dbo].[BigOrders] AS SELECT [Id] FROM [dbo].[Orders] WHERE [Total] > 100
GO
SELECT [Id] INTO [dbo].[Copied] FROM [dbo].[BigOrders]
GO
